package import NIOCore
import Synchronization

/// The connections that a process has open at all its ports, and how many there may be.
///
/// Files need descriptors as connections do, and a process that has none left can't write. So
/// connections get a part of them: one that comes when all places are taken has that of those that
/// have been idle for the longest time, then of those whose request has been on its way for the
/// longest time, and is closed where all are at work.
package final class ConnectionPlaces: Sendable {
  /// What a connection keeps once it had a request, in bytes: 17 KiB, and the buffers of that.
  private static let connectionBytes = 36 << 10

  /// How many connections there may be.
  package let countMax: Int
  private let open = Mutex<[ObjectIdentifier: ConnectionPlace]>([:])

  /// At most `countMax` places.
  package init(countMax: Int) {
    self.countMax = max(1, countMax)
  }

  /// Places that take half of the descriptors at most, and half as much as there is memory.
  ///
  /// - Parameters:
  ///   - countMax: how many there are where that is more.
  ///   - descriptors: how many the process may have open.
  ///   - memoryBytes: the process's memory; 0 for no limit.
  package convenience init(countMax: Int, descriptors: Int, memoryBytes: Int = 0) {
    let fitting = memoryBytes > 0 ? memoryBytes / 2 / Self.connectionBytes : .max
    self.init(countMax: min(countMax, descriptors / 2, fitting))
  }

  /// How many connections have a place.
  package var count: Int { open.withLock { $0.count } }

  /// Gives a new connection a place until it is closed. On its event loop, before anything else is
  /// in its pipeline; one for which there is no place is closed.
  package func take(_ channel: any Channel) throws -> ConnectionPlace {
    let place = ConnectionPlace(channel)
    try channel.pipeline.syncOperations.addHandler(FrontDoor(), position: .first)
    let id = ObjectIdentifier(place)
    let (isTaken, leaving) = open.withLock { open in
      var leaving: [ConnectionPlace] = []
      if open.count >= countMax {
        // Several, as to look through all of them costs more.
        leaving = Self.idlest(max(1, countMax / 64), of: open.values)
        for place in leaving { open[ObjectIdentifier(place)] = nil }
      }
      let isFree = open.count < countMax
      if isFree { open[id] = place }
      return (isFree, leaving)
    }
    for place in leaving { place.leave() }
    if isTaken {
      channel.closeFuture.whenComplete { [self] _ in open.withLock { $0[id] = nil } }
    } else {
      place.leave()
    }
    return place
  }

  private static func idlest(
    _ count: Int, of places: some Sequence<ConnectionPlace>
  ) -> [ConnectionPlace] {
    let waiting = places.compactMap { place in
      place.waiting.map { (isArriving: $0.isArriving, since: $0.since, place: place) }
    }
    let order = waiting.sorted {
      $0.isArriving == $1.isArriving ? $0.since < $1.since : $1.isArriving
    }
    return order.prefix(count).map(\.place)
  }
}

/// What one connection is at, which decides whether another may have its place.
package final class ConnectionPlace: Sendable {
  private let channel: any Channel
  /// Nanoseconds of the system's uptime.
  private let since: Atomic<UInt64>
  private let isArriving = Atomic(false)
  private static let atWork = UInt64.max

  fileprivate init(_ channel: any Channel) {
    self.channel = channel
    since = Atomic(channel.eventLoop.now.uptimeNanoseconds)
  }

  /// Whether a request is on its way, and since when; since when the connection has been idle
  /// where none is. `nil` while it is at work.
  fileprivate var waiting: (isArriving: Bool, since: UInt64)? {
    let since = since.load(ordering: .relaxed)
    return since == Self.atWork ? nil : (isArriving.load(ordering: .relaxed), since)
  }

  /// Tells what a connection is at.
  ///
  /// - Parameters:
  ///   - requests: those that are not answered.
  ///   - complete: those of them that have come as a whole.
  package func tell(requests: Int, complete: Int) {
    if complete > 0 {
      begin()
    } else if requests > 0 {
      expect()
    } else {
      end()
    }
  }

  /// A request has begun to come, and none has come as a whole. Further ones change nothing.
  package func expect() {
    if waiting?.isArriving == true { return }
    isArriving.store(true, ordering: .relaxed)
    since.store(channel.eventLoop.now.uptimeNanoseconds, ordering: .relaxed)
  }

  /// A request has come as a whole, whose answer is not sent yet.
  package func begin() { since.store(Self.atWork, ordering: .relaxed) }

  /// All requests are answered.
  package func end() {
    isArriving.store(false, ordering: .relaxed)
    since.store(channel.eventLoop.now.uptimeNanoseconds, ordering: .relaxed)
  }

  /// Closes the connection at once, in front of whatever would first say good-bye. Not before the
  /// connection is set up, as its setup would fail.
  fileprivate func leave() {
    channel.eventLoop.execute { [channel] in
      let front = try? channel.pipeline.syncOperations.context(handlerType: FrontDoor.self)
      if let front { front.close(promise: nil) } else { channel.close(promise: nil) }
    }
  }
}

/// Marks the place in a pipeline that is next to the socket.
private final class FrontDoor: ChannelInboundHandler {
  typealias InboundIn = NIOAny
}
