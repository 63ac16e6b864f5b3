public import Tracing

/// A place in a trace, as W3C Trace Context writes it into headers: the trace, the span that
/// whatever comes next belongs below, and whether the trace is recorded.
public struct TraceParent: Sendable, Equatable {
  /// The header that holds all but the state.
  public static let header = "traceparent"
  /// The header of what other systems have to say of the trace.
  public static let stateHeader = "tracestate"

  /// A trace's own number, of 128 bits that are not all zero.
  public struct TraceID: Sendable, Hashable {
    let high: UInt64
    let low: UInt64

    /// 32 hexadecimal digits.
    public var text: String { TraceParent.hexadecimal(high) + TraceParent.hexadecimal(low) }
  }

  /// The trace.
  public let traceID: TraceID
  /// The span, which is not zero.
  let spanID: UInt64
  /// The last byte of the header, of which two bits have a meaning.
  let flags: UInt8
  /// What other systems say, passed on as it came; empty for nothing.
  package let state: String

  private static let sampledFlag: UInt8 = 1
  private static let knownFlags: UInt8 = 3
  /// Bytes of what other tracers note beside a trace; more is not passed on.
  private static let stateBytesMax = 512

  init(traceID: TraceID, spanID: UInt64, isSampled: Bool, state: String = "") {
    self.init(traceID: traceID, spanID: spanID, flags: isSampled ? 1 : 0, state: state)
  }

  private init(traceID: TraceID, spanID: UInt64, flags: UInt8, state: String) {
    self.traceID = traceID
    self.spanID = spanID
    self.flags = flags
    self.state = state
  }

  /// The place that headers name; `nil` for none, and for what does not keep to the standard, which
  /// is then as good as none.
  public init?(_ text: String?, state: String? = nil) {
    guard var text else { return nil }
    let parts = text.withUTF8 { Self.parts($0) }
    guard let (high, low, span, flags) = parts else { return nil }
    traceID = TraceID(high: high, low: low)
    spanID = span
    self.flags = flags & Self.knownFlags
    let isFit =
      state.map { state in
        state.utf8.count <= Self.stateBytesMax && state.utf8.allSatisfy { 0x20...0x7E ~= $0 }
      } ?? false
    self.state = isFit ? state ?? "" : ""
  }

  /// Whether spans of the trace are recorded.
  public var isSampled: Bool { flags & Self.sampledFlag != 0 }

  /// The place as a header has it.
  public var text: String {
    "00-\(traceID.text)-\(Self.hexadecimal(spanID))-0\(String(flags, radix: 16))"
  }

  /// The place of a span in the same trace.
  func below(_ spanID: UInt64) -> TraceParent {
    TraceParent(traceID: traceID, spanID: spanID, flags: flags, state: state)
  }

  /// `vv-tttttttttttttttttttttttttttttttt-ssssssssssssssss-ff`; later versions may go on behind it.
  private static func parts(
    _ text: UnsafeBufferPointer<UInt8>
  ) -> (UInt64, UInt64, UInt64, UInt8)? {
    let (length, dash) = (55, UInt8(ascii: "-"))
    guard text.count >= length, text[2] == dash, text[35] == dash, text[52] == dash,
      let version = number(text[0..<2]), version != 0xFF,
      version == 0 ? text.count == length : text.count == length || text[length] == dash,
      let high = number(text[3..<19]), let low = number(text[19..<35]), high | low != 0,
      let span = number(text[36..<52]), span != 0, let flags = number(text[53..<55])
    else { return nil }
    return (high, low, span, UInt8(truncatingIfNeeded: flags))
  }

  /// The number that hexadecimal digits in small letters write; `nil` for other text.
  private static func number(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> UInt64? {
    var number: UInt64 = 0
    for digit in digits {
      let value: UInt8
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
      default: return nil
      }
      number = number << 4 | UInt64(value)
    }
    return number
  }

  /// 16 hexadecimal digits.
  static func hexadecimal(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

extension ServiceContext {
  private enum TraceParentKey: ServiceContextKey {
    typealias Value = TraceParent
  }

  /// The place in a trace that work in this context belongs to; `nil` for none.
  public internal(set) var traceParent: TraceParent? {
    get { self[TraceParentKey.self] }
    set { self[TraceParentKey.self] = newValue }
  }
}
