import Replication
import ServiceProcess

extension SettingsReader<SettingKey> {
  /// How the log is shared; `nil` when it is not.
  ///
  /// The key to the store may also stand where others look for it: in `AWS_ACCESS_KEY_ID`,
  /// `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`.
  mutating func replication() -> ReplicationSettings? {
    let addressing = choice(
      .replicationAddressing, among: [("path", true), ("virtual-host", false)])
    let modes = ReplicationMode.allCases.map { (name: $0.rawValue, value: $0) }
    let mode = choice(.replicationMode, among: modes)
    let backlog = integer(.replicationBacklogMB, in: 1...65_536)
    let gather = integer(.replicationGatherMilliseconds, in: 0...60_000)
    let canLead = choice(.replicationRole, among: [("auto", true), ("follower", false)])
    let takeover = integer(.replicationTakeoverMilliseconds, in: 100...3_600_000)
    let write = integer(.replicationWriteMilliseconds, in: 10...3_600_000)
    let interval = integer(.replicationSnapshotSeconds, in: 1...31_536_000)
    let retention = integer(.replicationRetentionSeconds, in: 0...3_153_600_000)
    let (keyID, secret) = (given(.replicationKeyID), given(.replicationSecret))
    if (keyID == nil) != (secret == nil) {
      reject(
        keyID == nil ? .replicationKeyID : .replicationSecret, "is missing: a key has two halves")
    }
    guard let url = given(.replicationURL) else {
      if mode != nil, mode != .async { reject(.replicationMode, "needs `replication.url`") }
      return nil
    }
    var settings = ReplicationSettings(url: url)
    settings.endpoint = given(.replicationEndpoint)
    settings.region = given(.replicationRegion) ?? settings.region
    settings.isPathStyle = addressing
    settings.authorities = certificates(.replicationAuthorities)
    settings.plan.mode = mode ?? settings.plan.mode
    if let backlog { settings.plan.limits.backlogBytesMax = backlog << 20 }
    if let gather { settings.plan.limits.gatherMilliseconds = gather }
    settings.plan.canLead = canLead ?? true
    settings.plan.address = given(.replicationAddress) ?? ""
    settings.plan.grpcAddress = given(.replicationGRPCAddress)
    if let takeover { settings.plan.takeoverMilliseconds = takeover }
    if let write { settings.plan.limits.writeMilliseconds = write }
    if let interval { settings.plan.snapshots.intervalSeconds = interval }
    if let retention { settings.plan.snapshots.retentionSeconds = retention }
    if canLead == false, settings.plan.mode == .async {
      reject(.replicationRole, "can be `follower` with `replication.mode` `sync` only")
    }
    let environment = ProcessEnvironment.variables.filter { !$0.value.isEmpty }
    settings.keyID = keyID ?? environment["AWS_ACCESS_KEY_ID"]
    settings.secret = secret ?? environment["AWS_SECRET_ACCESS_KEY"]
    if keyID == nil { settings.sessionToken = environment["AWS_SESSION_TOKEN"] }
    do throws(ReplicationError) {
      _ = try settings.location()
    } catch {
      reject(.replicationURL, "can't be used: \(error)")
    }
    return settings
  }
}
