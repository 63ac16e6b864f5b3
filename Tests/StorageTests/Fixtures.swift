import Storage

let records = ColumnFamily(name: "records", profile: .records)
let vectors = ColumnFamily(name: "vectors", profile: .vectors)
let meta = ColumnFamily(name: "meta", profile: .small)
let lookup = ColumnFamily(name: "ids", profile: .lookup)

func openStore(_ path: String) throws(StorageError) -> KeyValueStore {
  try KeyValueStore(path: path, columnFamilies: [meta, records, vectors, lookup])
}

func key(_ number: Int) -> [UInt8] {
  var key: [UInt8] = []
  key.appendBigEndian(UInt32(number))
  return key
}

func text(_ string: String) -> [UInt8] { [UInt8](string.utf8) }

extension KeyValueStore {
  func put(
    _ key: [UInt8], _ value: [UInt8], in family: ColumnFamily, sync: Bool = false
  ) throws(StorageError) {
    var batch = WriteBatch()
    batch.put(key: key, value: value, in: family)
    try write(batch, sync: sync)
  }

  func numbers(
    in family: ColumnFamily, from: [UInt8] = [], upTo: [UInt8] = [],
    at snapshot: StoreSnapshot? = nil
  ) throws(StorageError) -> [Int] {
    var entries = try scan(in: family, from: from, upTo: upTo, at: snapshot)
    var numbers: [Int] = []
    while try entries.next() {
      numbers.append(entries.key.readBigEndian(UInt32.self).map(Int.init) ?? -1)
    }
    return numbers
  }
}

/// A storage error thrown by `body`, nil if it threw nothing.
func failure(_ body: () throws(StorageError) -> Void) -> StorageError? {
  do {
    try body()
    return nil
  } catch {
    return error
  }
}

extension StorageError {
  var isCorruption: Bool { if case .corruption = self { true } else { false } }
  var isBusy: Bool { if case .busy = self { true } else { false } }
  var isNotWritable: Bool { if case .notWritable = self { true } else { false } }
  var isFailed: Bool { if case .failed = self { true } else { false } }
  var isOutOfSpace: Bool { if case .outOfSpace = self { true } else { false } }
}
