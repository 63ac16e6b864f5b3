import FastJSON
import PayloadIndex
import PointModel
import TextAnalysis

/// Reads what a payload has at one indexed path, as keys of that index.
///
/// A key stands for every value that a condition could match through the index; what has none is
/// noted as foreign, so that a condition can be tested on the records of those rows.
struct FieldValueReader: Sendable {
  private let path: PayloadPath
  private let coding: Coding

  /// How a leaf becomes keys.
  private enum Coding: Sendable {
    case keyword
    case integer
    case float
    case bool
    case datetime
    case uuid
    case geo
    case text(TextAnalyzer)
  }

  init(_ path: PayloadPath, _ params: PayloadIndexParams) {
    self.path = path
    switch params {
    case .keyword: coding = .keyword
    case .integer: coding = .integer
    case .float: coding = .float
    case .bool: coding = .bool
    case .datetime: coding = .datetime
    case .uuid: coding = .uuid
    case .geo: coding = .geo
    case .text(let params): coding = .text(TextAnalyzer(params))
    }
  }

  /// The kind of the keys.
  var kind: FieldKeyKind {
    switch coding {
    case .keyword, .text: .texts
    case .uuid: .uuids
    case .integer, .float, .bool, .datetime, .geo: .words
    }
  }

  /// Puts what the payload `root` has into `values`, which are emptied first: a part of it when
  /// `pace` is over, or `room` has no more room.
  func read(
    _ root: JSONElement, into values: inout RowValues, _ pace: PayloadPace,
    _ room: GatheringRoom? = nil
  ) {
    values.removeAll()
    _ = path.contains(in: root) { value in
      guard let array = value.array else {
        add(value, to: &values, pace, room)
        if value.isNull { values.hasNull = true } else { values.isFilled = true }
        return !goesOn(pace, room)
      }
      for element in array {
        values.isFilled = true
        if element.isNull { values.hasNull = true }
        add(element, to: &values, pace, room)
        if !goesOn(pace, room) { return true }
      }
      return !goesOn(pace, room)
    }
  }

  private func goesOn(_ pace: PayloadPace, _ room: GatheringRoom?) -> Bool {
    pace.step(1) && room?.refusal == nil
  }

  private func add(
    _ leaf: JSONElement, to values: inout RowValues, _ pace: PayloadPace, _ room: GatheringRoom?
  ) {
    values.leafCount += 1
    if leaf.isNull { return }
    values.valuedCount += 1
    switch coding {
    case .keyword, .text: break
    case .integer, .float, .bool, .datetime, .uuid, .geo: _ = room?.takeKey()
    }
    if !addKeys(of: leaf, to: &values, pace, room) { values.hasForeign = true }
  }

  /// Whether the keys say all there is to say of the leaf.
  private func addKeys(
    of leaf: JSONElement, to values: inout RowValues, _ pace: PayloadPace, _ room: GatheringRoom?
  ) -> Bool {
    switch coding {
    case .keyword:
      guard let string = leaf.string else { return false }
      values.texts.append(string)
      _ = room?.take(string)
    case .integer:
      if let integer = leaf.int64 {
        values.words.append(KeyCoding.word(integer))
      } else if let unsigned = leaf.uint64 {
        values.words.append(KeyCoding.word(unsigned))
      } else {
        return false
      }
    case .float:
      guard let number = leaf.double else { return false }
      values.words.append(KeyCoding.word(number))
    case .bool:
      guard let bool = leaf.bool else { return false }
      values.words.append(KeyWord(bool ? 1 : 0))
    case .datetime:
      guard let moment = leaf.withUTF8({ Datetime(utf8: $0) }) ?? nil else { return false }
      values.words.append(KeyCoding.word(moment.microseconds))
      // Microseconds, which orders go by, can't tell a leap second from the second after it.
      return moment.fraction < 1_000_000
    case .uuid:
      guard let string = leaf.string, let uuid = PointUUID(string) else { return false }
      values.uuids.append((uuid.high, uuid.low))
      // Strings are compared byte by byte: another spelling is another value.
      return uuid.description.utf8.elementsEqual(string.utf8)
    case .geo:
      guard let place = leaf.place, place.isOnEarth else { return false }
      values.words.append(
        KeyWord(GeoCell.word(longitude: place.longitude, latitude: place.latitude)))
    case .text(let analyzer):
      guard let string = leaf.string else { return false }
      _ = pace.step(string.utf8.count)
      var hasRoom = true
      let goesOn = { hasRoom && pace.goOnWithText() }
      analyzer.forEachDocumentToken(of: string, while: goesOn) { token in
        guard hasRoom else { return }
        values.texts.append(token)
        if let room, !room.take(token) { hasRoom = false }
      }
    }
    return true
  }
}
