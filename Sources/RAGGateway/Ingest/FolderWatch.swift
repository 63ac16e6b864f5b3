import FoundationEssentials
import Glibc

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

  /// Blocks until something has changed and then nothing for half a second. New folders are watched
  /// from then on.
  func waitForChange() {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    var end = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    var patience: Int32 = -1
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
