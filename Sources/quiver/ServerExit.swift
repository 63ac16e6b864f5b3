import ArgumentParser
import QdrantREST
import QdrantService
import Replication
import TransportBase
import VectorDB

/// The exit codes that scripts and supervisors may rely on.
enum ServerExit {
  /// Whatever has no code of its own, a port that is taken among it.
  static let failure = ExitCode(1)
  static let configuration = ExitCode(2)
  static let dataDirectoryInUse = ExitCode(3)
  static let newerFormat = ExitCode(4)
  static let notWritable = ExitCode(5)
  static let damaged = ExitCode(6)
  static let replication = ExitCode(7)
  /// A backup does not reach the point in time that is asked for.
  static let noSuchPoint = ExitCode(8)

  static func code(for error: DatabaseError) -> ExitCode {
    switch error {
    case .inUse: dataDirectoryInUse
    case .newerFormat: newerFormat
    case .notWritable: notWritable
    case .damaged: damaged
    case .io: failure
    }
  }

  static func code(for error: any Error) -> ExitCode {
    switch error {
    case let error as DatabaseError: code(for: error)
    case ReplicationError.newer: newerFormat
    case is ReplicationError: replication
    case let error as RestoreError where error.isNewer: newerFormat
    case is RestoreError, is CertificateFault, is AuditFault: configuration
    default: failure
    }
  }
}
