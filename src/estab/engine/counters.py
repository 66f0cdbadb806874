"""What a host has counted, under the names of /proc/net/snmp and /proc/net/netstat.

Every part of the engine counts where the event happens, into the one `Counters` of its host.  Who counts what, so that nothing is
counted twice:

- the stack: `Ip.*`, `IpExt.*`, `Icmp.*`, `Tcp.InSegs`, `Tcp.OutSegs`, checksum errors and the RSTs of no connection, and
  `Tcp.ActiveOpens`, `PassiveOpens`, `AttemptFails`, `EstabResets` and `CurrEstab`, which follow the changes of states;
- listeners: cookies, queues and their overflow; the table of TIME-WAIT entries: `TW*`, `PAWSTimewait`;
- connections: everything else that happens inside one, `Tcp.RetransSegs`, their own RSTs (`Tcp.OutRsts`) and the `Tcp.InErrs` of a
  challenged SYN included.
"""

from __future__ import annotations


class Counters(dict[str, int]):
    """Counts by name, `counters["TcpExt.ListenOverflows"] += 1`; what has never happened is 0 and takes no room.

    >>> Counters()["TcpExt.ListenOverflows"]
    0
    """

    __slots__ = ()

    def __missing__(self, name: str) -> int:
        return 0

    def add(self, name: str, amount: int = 1) -> None:
        """Counts `amount` more."""
        self[name] = self[name] + amount

    def moved(self, before: dict[str, int]) -> dict[str, int]:
        """What has changed since a copy was taken, as differences; unmoved names are left out.

        >>> Counters({"Tcp.InSegs": 3}).moved({"Tcp.InSegs": 1})
        {'Tcp.InSegs': 2}
        """
        return {name: value - before.get(name, 0) for name, value in self.items() if value != before.get(name, 0)}


_IP = (
    "InReceives InHdrErrors InAddrErrors ForwDatagrams InUnknownProtos InDiscards InDelivers OutRequests OutDiscards OutNoRoutes "
    "ReasmTimeout ReasmReqds ReasmOKs ReasmFails FragOKs FragFails FragCreates OutTransmits"
)

_ICMP = (
    "InMsgs InErrors InCsumErrors InDestUnreachs InTimeExcds InParmProbs InSrcQuenchs InRedirects InEchos InEchoReps InTimestamps "
    "InTimestampReps InAddrMasks InAddrMaskReps OutMsgs OutErrors OutRateLimitGlobal OutRateLimitHost OutDestUnreachs OutTimeExcds "
    "OutParmProbs OutSrcQuenchs OutRedirects OutEchos OutEchoReps OutTimestamps OutTimestampReps OutAddrMasks OutAddrMaskReps"
)

_TCP = "ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts InCsumErrors"

_TCP_EXT = (
    "SyncookiesSent SyncookiesRecv SyncookiesFailed EmbryonicRsts PruneCalled RcvPruned OfoPruned OutOfWindowIcmps LockDroppedIcmps "
    "ArpFilter TW TWRecycled TWKilled PAWSActive PAWSEstab BeyondWindow TSEcrRejected PAWSOldAck PAWSTimewait DelayedACKs "
    "DelayedACKLocked DelayedACKLost ListenOverflows ListenDrops TCPHPHits TCPPureAcks TCPHPAcks TCPRenoRecovery TCPSackRecovery "
    "TCPSACKReneging TCPSACKReorder TCPRenoReorder TCPTSReorder TCPFullUndo TCPPartialUndo TCPDSACKUndo TCPLossUndo TCPLostRetransmit "
    "TCPRenoFailures TCPSackFailures TCPLossFailures TCPFastRetrans TCPSlowStartRetrans TCPTimeouts TCPLossProbes TCPLossProbeRecovery "
    "TCPRenoRecoveryFail TCPSackRecoveryFail TCPRcvCollapsed TCPBacklogCoalesce TCPDSACKOldSent TCPDSACKOfoSent TCPDSACKRecv "
    "TCPDSACKOfoRecv TCPAbortOnData TCPAbortOnClose TCPAbortOnMemory TCPAbortOnTimeout TCPAbortOnLinger TCPAbortFailed TCPMemoryPressures "
    "TCPMemoryPressuresChrono TCPSACKDiscard TCPDSACKIgnoredOld TCPDSACKIgnoredNoUndo TCPSpuriousRTOs TCPMD5NotFound TCPMD5Unexpected "
    "TCPMD5Failure TCPSackShifted TCPSackMerged TCPSackShiftFallback TCPBacklogDrop PFMemallocDrop TCPMinTTLDrop TCPDeferAcceptDrop "
    "IPReversePathFilter TCPTimeWaitOverflow TCPReqQFullDoCookies TCPReqQFullDrop TCPRetransFail TCPRcvCoalesce TCPOFOQueue TCPOFODrop "
    "TCPOFOMerge TCPChallengeACK TCPSYNChallenge TCPFastOpenActive TCPFastOpenActiveFail TCPFastOpenPassive TCPFastOpenPassiveFail "
    "TCPFastOpenListenOverflow TCPFastOpenCookieReqd TCPFastOpenBlackhole TCPSpuriousRtxHostQueues BusyPollRxPackets TCPAutoCorking "
    "TCPFromZeroWindowAdv TCPToZeroWindowAdv TCPWantZeroWindowAdv TCPSynRetrans TCPOrigDataSent TCPHystartTrainDetect TCPHystartTrainCwnd "
    "TCPHystartDelayDetect TCPHystartDelayCwnd TCPACKSkippedSynRecv TCPACKSkippedPAWS TCPACKSkippedSeq TCPACKSkippedFinWait2 "
    "TCPACKSkippedTimeWait TCPACKSkippedChallenge TCPWinProbe TCPKeepAlive TCPMTUPFail TCPMTUPSuccess TCPDelivered TCPDeliveredCE "
    "TCPAckCompressed TCPZeroWindowDrop TCPRcvQDrop TCPWqueueTooBig TCPFastOpenPassiveAltKey TcpTimeoutRehash TcpDuplicateDataRehash "
    "TCPDSACKRecvSegs TCPDSACKIgnoredDubious TCPMigrateReqSuccess TCPMigrateReqFailure TCPPLBRehash TCPAORequired TCPAOBad "
    "TCPAOKeyNotFound TCPAOGood TCPAODroppedIcmps"
)

_IP_EXT = (
    "InNoRoutes InTruncatedPkts InMcastPkts OutMcastPkts InBcastPkts OutBcastPkts InOctets OutOctets InMcastOctets OutMcastOctets "
    "InBcastOctets OutBcastOctets InCsumErrors InNoECTPkts InECT1Pkts InECT0Pkts InCEPkts ReasmOverlaps"
)

KNOWN_NAMES: frozenset[str] = frozenset(
    f"{block}.{name}"
    for block, names in (("Ip", _IP), ("Icmp", _ICMP), ("Tcp", _TCP), ("TcpExt", _TCP_EXT), ("IpExt", _IP_EXT))
    for name in names.split()
)
"""Every counter of Linux 6.18 that only grows (and `Tcp.CurrEstab`); no other name may be counted."""
