extension Unicode.Scalar {
  /// Whether this is a letter or a number of any script, as Unicode has it (`Alphabetic`, or one of
  /// the number categories): what words and plain keys are made of.
  package var isAlphanumeric: Bool {
    if isASCII {
      return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(UInt8(value) | 0x20)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(UInt8(value))
    }
    if properties.isAlphabetic { return true }
    return switch properties.generalCategory {
    case .decimalNumber, .letterNumber, .otherNumber: true
    default: false
    }
  }
}
