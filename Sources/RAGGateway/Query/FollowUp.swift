/// One turn of a conversation, before the question that is asked now.
public struct ConversationTurn: Sendable, Equatable {
  /// Who spoke.
  public enum Role: String, Sendable {
    case user, assistant
  }

  /// Who spoke.
  public let role: Role
  /// What was said.
  public let content: String

  /// A turn.
  public init(role: Role, content: String) {
    self.role = role
    self.content = content
  }
}

/// Makes questions that lean on a conversation stand alone, without a language model.
package enum FollowUp {
  /// A question of no more words than this leans on the one before it.
  private static let fewWords = 4
  private static let leaning: Set<String> = [
    "it", "its", "they", "them", "their", "that", "this", "those", "these", "he", "she", "him",
    "her", "one", "ones", "there", "else", "instead", "same", "former", "latter",
  ]

  /// The question, with the one before it in front where it leans on it.
  package static func standalone(_ question: String, after history: [ConversationTurn]) -> String {
    guard let before = history.last(where: { $0.role == .user })?.content.collapsed,
      !before.isEmpty
    else { return question }
    let words = question.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    let leans = words.count <= fewWords || words.contains { leaning.contains($0) }
    let isOpening = ["and", "but", "so", "or"].contains(words.first ?? "")
    return leans || isOpening ? "\(before) \(question)" : question
  }
}
