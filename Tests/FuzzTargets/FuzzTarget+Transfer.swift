import DataTransfer
import Foundation

/// Files that points are imported from.
extension FuzzTarget {
  /// One target for each format.
  static let transfer: [FuzzTarget] = [matrix, lines, unfinishedExport]

  /// A matrix as NumPy saves it.
  private static let matrix = FuzzTarget(
    name: "transfer/npy",
    example: { source in
      let (rows, width) = (source.number(below: 4), 1 + source.number(below: 3))
      let kinds = [("<f2", 2), ("<f4", 4), ("<f8", 8), (">f4", 4), ("|u1", 1)]
      let (kind, size) = kinds[source.number(below: kinds.count)]
      let shapes = ["(\(rows), \(width))", "(\(rows), \(source.integer()))", "(\(rows),)"]
      let shape = shapes[source.chance(4) ? source.number(below: shapes.count) : 0]
      let order = source.chance(8) ? "True" : "False"
      var header = Array(
        "{'descr': '\(kind)', 'fortran_order': \(order), 'shape': \(shape), }".utf8)
      let isShort = !source.chance(4)
      let length = source.chance(10) ? source.integer() : UInt64(header.count)
      let lengthBytes = withUnsafeBytes(of: length.littleEndian) {
        Array($0.prefix(isShort ? 2 : 4))
      }
      header += (0..<rows * width * size).map { _ in UInt8(source.number(below: 256)) }
      return [0x93] + Array("NUMPY".utf8) + [isShort ? 1 : 2, 0] + lengthBytes + header
    },
    read: { bytes in
      let path = temporaryFile(Array(bytes))
      defer { unlink(path) }
      guard let file = try? NPYFile(path: path) else { return false }
      return (try? file.rows(0..<min(file.rowCount, 3))) != nil
    })

  /// Points as lines of JSON, in batches that these fill now and then.
  private static let lines: FuzzTarget = {
    let maker = JSONMaker([
      #"{"id":1,"vector":[0.5,1],"payload":{"a":"b"}}"#,
      #"{"id":"6f1f8f3e-2f6a-4e1b-8a4e-3f2d1c0b9a87","vector":{"a":[1],"b":[[2],[3]]}}"#,
      #"{"id":3,"vector":{"s":{"indices":[1],"values":[2]}}}"#,
      #"{"id":2,"vector":[[1,2],[3,4]],"payload":null,"version":3,"score":0.5,"order_value":1}"#,
    ])
    return FuzzTarget(
      name: "transfer/jsonl",
      example: { source in
        (0..<1 + source.number(below: 4)).reduce(into: []) { text, _ in
          text += maker.text(&source) + (source.chance(4) ? [0x0D, 0x0A] : [0x0A])
        }
      },
      read: { bytes in
        let path = temporaryFile(Array(bytes))
        defer { unlink(path) }
        var limits = TransferLimits()
        limits.uploadPoints = 2
        limits.lineBytes = 4096
        guard let source = try? JSONLSource(path: path, from: ImportPosition(), limits: limits)
        else { return false }
        do {
          var count = 0
          while let batch = try source.nextBatch() { count += batch.count }
          return count > 0
        } catch {
          return false
        }
      })
  }()

  /// What an export that was broken off has left.
  private static let unfinishedExport = FuzzTarget(
    name: "transfer/unfinished",
    example: { source in
      let samples = [
        "{\"id\":1,\"vector\":[1]}\n{\"id\":\"a\",\"vec", "{\"id\":18446744073709551615}\n\n", "\n",
        "{\"id\":{\"x\":[1,2]}}\r\n",
      ]
      return Array(samples[source.number(below: samples.count)].utf8)
    },
    read: { bytes in
      let path = temporaryFile(Array(bytes))
      defer { unlink(path) }
      return (try? PartialExport(path: path).tail()) != nil
    })
}
