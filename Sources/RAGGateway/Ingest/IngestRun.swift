import FoundationEssentials
import Glibc
import HTTPTransfer
import Synchronization

/// One ingestion through a gateway, from the command line.
public enum IngestRun {
  /// Brings the files at `paths` into `gateway`. `write` takes progress with its own line ends.
  ///
  /// - Returns: the summary for people, and whether every file was brought in.
  /// - Throws: `IngestError.unreachable` when nobody answers there.
  public static func run(
    paths: [String], gateway: GatewayAddress, isTerminal: Bool,
    write: @escaping @Sendable (String) -> Void
  ) async throws(IngestError) -> (summary: String, succeeded: Bool) {
    try await run(
      paths: paths, gateway: gateway, isTerminal: isTerminal, uploadTime: uploadTimeMax,
      write: write)
  }

  /// The same with another time for each upload.
  package static func run(
    paths: [String], gateway: GatewayAddress, isTerminal: Bool, uploadTime: Duration,
    write: @escaping @Sendable (String) -> Void
  ) async throws(IngestError) -> (summary: String, succeeded: Bool) {
    let client = gateway.client()
    defer { client.shutdown() }
    var retry = RetryPolicy()
    retry.maximumAttempts = attemptsMax
    let endpoint = gateway.endpoint(client, timeout: uploadTime, retry: retry)
    let ingestor = Ingestor(
      uploader: GatewayClient(endpoint: endpoint),
      progress: ProgressBar(isTerminal: isTerminal, write: write))
    let report = try await ingestor.run(paths)
    return (report.text, report.failedFiles == 0)
  }

  /// Times that an upload is sent before it has failed.
  private static let attemptsMax = 4
  /// Time that an upload may take: embedding a batch on a slow machine takes its own.
  private static let uploadTimeMax = Duration.seconds(600)
  /// Time that the removal of a document may take.
  package static let removalTimeMax = Duration.seconds(60)
  /// Seconds after which a watched folder's files that failed are tried again.
  private static let pauseSecondsMax: Int32 = 60

  /// Seconds to wait for a change after so many rounds in a row that failed; `nil` for no end.
  package static func pauseSeconds(afterFailures count: Int32) -> Int32? {
    count == 0 ? nil : min(5 * min(count, pauseSecondsMax), pauseSecondsMax)
  }

  /// Brings the files at `paths` in, and again whenever one of them changes or some failed, until
  /// the process is ended; what a document that is gone had is removed. `told` gets the summary of
  /// each round.
  ///
  /// - Throws: `IngestError` when nobody answers in the first round, or nothing can be
  ///   watched.
  public static func watch(
    paths: [String], gateway: GatewayAddress, write: @escaping @Sendable (String) -> Void,
    told: (String) -> Void
  ) async throws(IngestError) {
    guard let watch = FolderWatch(paths) else {
      throw .unreadable("the system lets no more folders be watched")
    }
    var known = Set(SourceFile.find(at: paths).files.map(\.name))
    var outcome = try await run(
      paths: paths, gateway: gateway, isTerminal: false, write: write)
    var failures: Int32 = 0
    while true {
      told(outcome.summary)
      failures = outcome.succeeded ? 0 : failures + 1
      // What failed may go well a little later, without anything having changed.
      watch.waitForChange(seconds: pauseSeconds(afterFailures: failures))
      let there = Set(SourceFile.find(at: paths).files.map(\.name))
      do {
        try await remove(known.subtracting(there), from: gateway, write: write)
        known = there
        outcome = try await run(
          paths: paths, gateway: gateway, isTerminal: false, write: write)
      } catch {
        outcome = ("failed: \(error)", false)
      }
    }
  }

  /// Removes all passages of documents that are gone, each within `time`.
  package static func remove(
    _ documents: Set<String>, from gateway: GatewayAddress, within time: Duration = removalTimeMax,
    write: @Sendable (String) -> Void
  ) async throws(IngestError) {
    if documents.isEmpty { return }
    let client = gateway.client()
    defer { client.shutdown() }
    let uploader = GatewayClient(endpoint: gateway.endpoint(client, timeout: time))
    for document in documents.sorted() {
      let count = try await uploader.prune(document: document, keeping: [])
      write("gone: \(document): \(count) passages removed\n")
    }
  }
}

/// Shows progress: a bar that is redrawn on a terminal, elsewhere one plain line now and then.
package final class ProgressBar: IngestProgress {
  private static let cells = 28
  /// On no terminal, a line is written every so many files, and every so many passages.
  private static let filesPerLine = 50
  private static let passagesPerLine = 1_000

  private struct State {
    var done = 0
    var total = 0
    var current = ""
    var passages = 0
  }

  private let state = Mutex(State())

  private let isTerminal: Bool
  private let write: @Sendable (String) -> Void

  /// Writes through `write`, which takes text with its own line ends.
  package init(isTerminal: Bool, write: @escaping @Sendable (String) -> Void) {
    self.isTerminal = isTerminal
    self.write = write
  }

  /// Redraws the bar, or writes a line now and then.
  package func advance(done: Int, of total: Int, passages: Int, current: String) {
    state.withLock { $0 = State(done: done, total: total, current: current, passages: passages) }
    show(done: done, of: total, passages: passages, current: current)
  }

  /// Redraws the bar, or writes a line every thousand passages.
  package func passagesDone(_ passages: Int) {
    let (state, isDue) = state.withLock { state in
      let isDue = passages / Self.passagesPerLine > state.passages / Self.passagesPerLine
      state.passages = passages
      return (state, isDue)
    }
    if isTerminal {
      show(done: state.done, of: state.total, passages: passages, current: state.current)
    } else if isDue {
      write("\(state.done)/\(state.total) files, \(passages) passages\n")
    }
  }

  private func show(done: Int, of total: Int, passages: Int, current: String) {
    if isTerminal {
      let filled = total == 0 ? Self.cells : done * Self.cells / total
      let bar =
        String(repeating: "█", count: filled)
        + String(repeating: "░", count: Self.cells - filled)
      write("\r\u{1b}[2K\(bar) \(done)/\(total) files, \(passages) passages  \(current.suffix(40))")
    } else if done > 0, done.isMultiple(of: Self.filesPerLine) || done == total {
      write("\(done)/\(total) files, \(passages) passages\n")
    }
  }

  /// Writes a line of its own.
  package func report(_ line: String) {
    write(isTerminal ? "\r\u{1b}[2K\(line)\n" : line + "\n")
  }

  /// Takes the bar away.
  package func finish() {
    if isTerminal { write("\r\u{1b}[2K") }
  }
}

/// Tells when something changes below some files and folders, by the kernel's own notice.
///
/// One thread at a time may wait.
final class FolderWatch {
  /// Milliseconds without a further change after which a change counts as done.
  private static let quietMilliseconds: Int32 = 500

  private let descriptor: Int32
  private let roots: [String]

  /// A watch over `roots`; `nil` when the system gives none.
  init?(_ roots: [String]) {
    self.roots = roots
    descriptor = inotify_init()
    guard descriptor >= 0 else { return nil }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    addFolders()
  }

  deinit { close(descriptor) }

  /// Blocks until something has changed and then nothing for half a second, or for so many seconds.
  /// New folders are watched from then on.
  func waitForChange(seconds: Int32?) {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    var end = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    var patience = seconds.map { $0 * 1_000 } ?? -1
    while poll(&end, 1, patience) > 0 {
      guard read(descriptor, &buffer, buffer.count) > 0 else { break }
      patience = Self.quietMilliseconds
    }
    addFolders()
  }

  /// A folder that is watched already stays so.
  private func addFolders() {
    let changes = UInt32(IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE | IN_DELETE)
    var folders = roots
    while let folder = folders.popLast() {
      inotify_add_watch(descriptor, folder, changes)
      let entries = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      for entry in entries where !entry.hasPrefix(".") {
        let path = folder + "/" + entry
        let kind = try? FileManager.default.attributesOfItem(atPath: path)[.type]
        if kind as? FileAttributeType == .typeDirectory { folders.append(path) }
      }
    }
  }
}
