"""Congestion control: one algorithm a file, chosen by name as `tcp_congestion_control` and TCP_CONGESTION do."""
