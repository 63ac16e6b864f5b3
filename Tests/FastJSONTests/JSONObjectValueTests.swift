import FastJSON
import SeededRandom
import Testing

@Suite struct JSONObjectValueTests {
  @Test func keepsInsertionOrder() {
    var object = JSONObjectValue()
    object["b"] = .integer(1)
    object["a"] = .integer(2)
    object["c"] = .integer(3)
    object["b"] = .integer(4)
    #expect(object.keys == ["b", "a", "c"])
    #expect(object.values == [.integer(4), .integer(2), .integer(3)])
    object["a"] = nil
    object["nothing"] = nil
    #expect(object.map(\.key) == ["b", "c"])
    object["a"] = .null
    #expect(object.keys == ["b", "c", "a"])
    #expect(object["a"] == .null)
    #expect(object.count == 3 && !object.isEmpty)
  }

  @Test func behavesLikeADictionary() {
    let seed: UInt64 = 0x5EED_0005
    print("seed \(seed)")
    var random = SeededGenerator(seed: seed)
    var object = JSONObjectValue()
    var model: [String: Int64] = [:]
    var order: [String] = []
    for step in 0..<5_000 {
      let key = "k\(Int.random(in: 0..<40, using: &random))"
      if Int.random(in: 0..<5, using: &random) < 2 {
        object[key] = nil
        model[key] = nil
        order.removeAll { $0 == key }
      } else {
        if model[key] == nil { order.append(key) }
        object[key] = .integer(Int64(step))
        model[key] = Int64(step)
      }
      #expect(object.count == model.count)
      #expect(object[key] == model[key].map(JSONValue.integer))
    }
    #expect(object.keys == order)
    for (key, value) in object { #expect(model[key].map(JSONValue.integer) == value) }
    object.removeAll { key, _ in key.hasSuffix("1") }
    #expect(object.keys == order.filter { !$0.hasSuffix("1") })
  }

  @Test func holdsManyKeys() {
    let object = JSONObjectValue((0..<50_000).map { ("key \($0)", .integer($0)) })
    #expect(object.count == 50_000)
    #expect(object["key 49999"] == .integer(49_999))
    #expect(object["key 50000"] == nil)
    #expect(object == JSONObjectValue(object.reversed().map { ($0.key, $0.value) }))
  }
}
