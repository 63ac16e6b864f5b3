import Tracing

/// The trace that a request belongs to, if any.
public struct RequestTrace: Sendable {
  /// The trace's number as logs tell it; `nil` for a request that belongs to none.
  public var id: String? { traceID?.text }
  /// The request's own span; `nil` where it is not recorded.
  public let span: RecordedSpan?
  private let traceID: TraceParent.TraceID?
  private let context: ServiceContext?

  init(
    id: TraceParent.TraceID? = nil, context: ServiceContext? = nil, span: RecordedSpan? = nil
  ) {
    traceID = id
    self.context = context
    self.span = span
  }

  /// No trace.
  public static let none = RequestTrace()

  /// The trace that the current task works for, for work that goes on when the request's own task
  /// has ended.
  public static var current: RequestTrace {
    let context = ServiceContext.current
    return RequestTrace(id: context?.traceParent?.traceID, context: context)
  }

  /// What is said of a request, by name.
  public typealias Attributes = [String: Attribute]

  /// One thing that is said of a request.
  public enum Attribute: Sendable {
    case text(String)
    case number(Int)
  }

  /// Ends the request's own span, if it is recorded.
  ///
  /// - Parameter name: what the request turned out to be.
  public func end(as name: String? = nil, _ said: Attributes, isFailure: Bool) {
    guard let span else { return }
    if let name { span.operationName = name }
    span.updateAttributes { attributes in
      for (name, value) in said {
        switch value {
        case .text(let text): attributes.set(name, value: .string(text))
        case .number(let number): attributes.set(name, value: .int64(Int64(number)))
        }
      }
    }
    if isFailure { span.setStatus(SpanStatus(code: .error)) }
    span.end()
  }

  /// Does the request's work so that whatever it asks for knows the trace.
  public func whileCurrent<Value, Failure: Error>(
    isolation: isolated (any Actor)? = #isolation, _ work: () async throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    guard let context else { return try await work() }
    return try await TraceStage.typed(in: context, work)
  }
}

/// Stages of the current task's request, as spans of its trace; nothing where it has
/// none, and where its trace is not recorded.
public enum TraceStage {
  /// Does work as a stage.
  public static func span<Value, Failure: Error>(
    _ name: String, isolation: isolated (any Actor)? = #isolation,
    _ work: () async throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    // What is not recorded has no stages, only a place that is passed on.
    guard let context = ServiceContext.current, context.traceParent?.isSampled ?? true else {
      return try await work()
    }
    let span = InstrumentationSystem.tracer.startSpan(name, context: context)
    defer { span.end() }
    do throws(Failure) {
      return try await typed(in: span.context, work)
    } catch {
      span.recordError(error)
      span.setStatus(SpanStatus(code: .error))
      throw error
    }
  }

  /// Does work with another context, and keeps the kind of its errors.
  static func typed<Value, Failure: Error>(
    in context: ServiceContext, isolation: isolated (any Actor)? = #isolation,
    _ work: () async throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    let outcome: Result<Value, Failure> = await ServiceContext.withValue(context) {
      do throws(Failure) {
        return .success(try await work())
      } catch {
        return .failure(error)
      }
    }
    return try outcome.get()
  }
}
