import CRocksDB
import Glibc

extension KeyValueStore {
  /// Notes that a table is damaged. Tables are not compacted from now on, nor after the next open:
  /// a compaction that meets a damaged table makes RocksDB refuse all writes.
  public func noteDamage() {
    try? database.call { native throws(StorageError) in
      DamageNote(directory: path).write()
      for family in database.families {
        "disable_auto_compactions".withCString { key in
          "true".withCString { value in
            var slot: UnsafeMutablePointer<CChar>?
            rocksdb_set_options_cf(native, family.handle, 1, [key], [value], &slot)
            _ = takeMessage(&slot)
          }
        }
      }
    }
  }

  /// Forgets an earlier ``noteDamage()``, with effect from the next open.
  public func forgetDamage() {
    DamageNote(directory: path).remove()
  }
}

/// The file `DAMAGED`, which is there from the moment a table was found damaged.
struct DamageNote {
  private let path: String

  init(directory: String) {
    path = directory + "/DAMAGED"
  }

  var exists: Bool { access(path, F_OK) == 0 }

  func write() {
    let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    if file >= 0 { close(file) }
  }

  func remove() {
    if exists { unlink(path) }
  }
}
