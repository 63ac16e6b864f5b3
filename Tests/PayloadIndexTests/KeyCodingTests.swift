import PayloadIndex
import Testing

@Suite struct KeyCodingTests {
  @Test func wordsAreInTheOrderOfTheIntegers() {
    let integers: [Int64] = [.min, -5_000_000_000, -2, -1, 0, 1, 2, 77, .max]
    let words = integers.map { KeyCoding.word($0) }
    #expect(words == words.sorted())
    #expect(words.map { KeyCoding.integer($0) } == integers)
  }

  @Test func integersWithoutASignFollowThoseWithOne() {
    let integers: [UInt64] = [0, 1, 1 << 63 - 1, 1 << 63, 1 << 63 + 1, .max - 1, .max]
    let words =
      [KeyCoding.word(Int64.min), KeyCoding.word(-1 as Int64)]
      + integers.map { KeyCoding.word($0) }
    #expect(words == words.sorted())
    #expect(Set(words).count == words.count)
    #expect(words[4] == KeyCoding.word(Int64.max))
    #expect(words.map(\.isUpper) == [false, false, false, false, false, true, true, true, true])
    #expect(words.last?.bits == .max)
  }

  @Test func wordsAreInTheOrderOfTheNumbers() {
    let numbers: [Double] = [
      -.infinity, -.greatestFiniteMagnitude, -1.5, -1, -.leastNonzeroMagnitude, 0,
      .leastNonzeroMagnitude, 1, 1.5, .greatestFiniteMagnitude, .infinity,
    ]
    let words = numbers.map { KeyCoding.word($0) }
    #expect(words == words.sorted())
    #expect(Set(words).count == numbers.count)
    #expect(words.map { KeyCoding.double($0) } == numbers)
    #expect(KeyCoding.word(-0.0) == KeyCoding.word(0.0))
  }
}
