import PayloadIndex
import Testing

@Suite struct KeyCodingTests {
  @Test func wordsAreInTheOrderOfTheIntegers() {
    let integers: [Int64] = [.min, -5_000_000_000, -2, -1, 0, 1, 2, 77, .max]
    let words = integers.map { KeyCoding.word($0) }
    #expect(words == words.sorted())
    #expect(words.map { KeyCoding.integer($0) } == integers)
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
