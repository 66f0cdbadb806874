"""This host, read: sockets, counters, settings, owners.  Only `settings.write_setting` changes anything."""
