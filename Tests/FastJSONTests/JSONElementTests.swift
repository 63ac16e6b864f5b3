import FastJSON
import Testing

@Suite struct JSONElementTests {
  func root(_ source: String) throws -> JSONElement {
    try JSONDocument(parsing: Array(source.utf8)).root
  }

  @Test func readsScalars() throws {
    #expect(try root(" null ").isNull)
    #expect(try root("true").bool == true)
    #expect(try root("false").bool == false)
    #expect(try root("0").bool == nil)
    #expect(try root("1").string == nil)
    #expect(try root("\"\"").string == "")
    #expect(try root("\"\"").isNull == false)
    #expect(try root("{}").array == nil)
    #expect(try root("[]").object == nil)
  }

  @Test func splitsNumbersByExactType() throws {
    let small = try root("-9223372036854775808")
    #expect(small.kind == .integer && small.int64 == .min && small.uint64 == nil)
    let large = try root("9223372036854775807")
    #expect(large.kind == .integer && large.int64 == .max && large.uint64 == UInt64(Int64.max))
    let above = try root("9223372036854775808")
    #expect(above.kind == .unsigned && above.int64 == nil && above.uint64 == 1 << 63)
    #expect(above.double == 0x1p63)
    let most = try root("18446744073709551615")
    #expect(most.kind == .unsigned && most.uint64 == .max)
    let real = try root("2.0")
    #expect(real.kind == .double && real.int64 == nil && real.uint64 == nil && real.double == 2)
    #expect(try root("1e2").kind == .double)
    #expect(try root("7").double == 7)
    #expect(try root("\"7\"").double == nil)
  }

  @Test func readsIntegersBeyond64BitsAsDoubles() throws {
    #expect(try root("18446744073709551616").double == 0x1p64)
    #expect(try root("18446744073709551616").uint64 == nil)
    #expect(try root("-9223372036854775809").double == -0x1p63)
    let source = #"{"a":[1,123456789012345678901234567890,2],"b":99999999999999999999 }"#
    #expect(try normalized(source) == #"{"a":[1,1.2345678901234568e29,2],"b":1e20}"#)
    let digits = String(repeating: "9", count: 400)
    #expect(syntaxError("[\(digits)]")?.message == "number out of range")
    #expect(syntaxError("[99999999999999999999,]")?.message == "trailing comma")
  }

  @Test func resolvesEscapes() throws {
    #expect(try root(#""\"\\\/\b\f\n\r\t""#).string == "\"\\/\u{8}\u{C}\n\r\t")
    #expect(try root(#""\u00e9\u6f22\u0000\uFFFF""#).string == "é漢\u{0}\u{FFFF}")
    #expect(try root(#""\ud83d\ude00\uDBFF\uDFFF""#).string == "😀\u{10FFFF}")
    let bytes = try root(#""x\u00e9""#).withUTF8(Array.init)
    #expect(bytes == [0x78, 0xC3, 0xA9])
    #expect(try root("1").withUTF8(Array.init) == nil)
  }

  @Test func iteratesInOrder() throws {
    let array = try #require(try root(#"[1,[2,[3]],{"a":4},"five",6.5,null]"#).array)
    #expect(array.count == 6)
    #expect(
      array.map(\.kind) == [.integer, .array, .object, .string, .double, .null])
    #expect(try root("[]").array.map { Array($0).count } == 0)

    let object = try #require(try root(#"{"z":1,"a":[1,2],"z":{"y":0},"m":3}"#).object)
    #expect(object.count == 4)
    #expect(object.map(\.key) == ["z", "a", "z", "m"])
    #expect(object.map(\.value.kind) == [.integer, .array, .object, .integer])
    #expect(try #require(try root("{}").object).isEmpty)
  }

  @Test func findsTheLastOfDuplicateKeys() throws {
    let object = try #require(try root(#"{"a":1,"b":{"a":9},"a":2,"":3}"#).object)
    #expect(object["a"]?.int64 == 2)
    #expect(object[""]?.int64 == 3)
    #expect(object["b"]?.object?["a"]?.int64 == 9)
    #expect(object["c"] == nil)
    #expect(try root("{}").object?[""] == nil)
  }

  @Test func comparesKeysByteByByte() throws {
    let source = "{\"\u{E9}\":1,\"e\u{301}\":2}"
    let object = try #require(try root(source).object)
    #expect(object["\u{E9}"]?.int64 == 1)
    #expect(object["e\u{301}"]?.int64 == 2)
    #expect(try normalized(source).utf8.elementsEqual(source.utf8))
  }

  @Test func outlivesItsDocument() throws {
    var kept: [JSONElement] = []
    for number in 0..<50 {
      kept.append(try #require(try root("{\"n\":[\(number),\"s\(number)\"]}").object?["n"]))
    }
    for (number, element) in kept.enumerated() {
      let parts = Array(try #require(element.array))
      #expect(parts[0].int64 == Int64(number))
      #expect(parts[1].string == "s\(number)")
    }
  }

  @Test func parsesFromManyTasks() async {
    let total = await withTaskGroup(of: Int64?.self) { group in
      for task in 0..<8 {
        group.addTask {
          var sum: Int64 = 0
          for round in 0..<200 {
            let text = "[\(task),\(String(repeating: " ", count: round * 40))\(round)]"
            guard let root = try? JSONDocument(parsing: Array(text.utf8)).root,
              let array = root.array
            else { return nil }
            sum += array.reduce(0) { $0 + ($1.int64 ?? -1_000_000) }
          }
          return sum
        }
      }
      return await group.reduce(Int64?.some(0)) { sum, next in
        next.flatMap { next in sum.map { $0 + next } }
      }
    }
    // Eight times the rounds' sum of 19 900, and each of the tasks' numbers 200 times.
    #expect(total == 164_800)
  }

  @Test func growsForLargeDocuments() throws {
    let text = "[" + (0..<700_000).map { "\($0)" }.joined(separator: ",") + "]"
    #expect(text.utf8.count > 4 << 20)
    let array = try #require(try root(text).array)
    #expect(array.count == 700_000)
    #expect(array.reduce(0) { $0 + ($1.int64 ?? 0) } == 244_999_650_000)
    #expect(try root("[1]").array?.count == 1)
  }

  @Test func countsBeyondWhatTheTapeStores() throws {
    let count = 0xFF_FFFF + 2
    var bytes = [UInt8](repeating: UInt8(ascii: ","), count: count * 2 + 1)
    bytes[0] = UInt8(ascii: "[")
    for element in 0..<count { bytes[element * 2 + 1] = UInt8(ascii: "1") }
    bytes[count * 2] = UInt8(ascii: "]")
    #expect(try JSONDocument(parsing: bytes).root.array?.count == count)
  }
}
