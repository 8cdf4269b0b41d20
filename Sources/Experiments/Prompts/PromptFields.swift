import LanguageModel
import TensorFiles

extension Sequence {
  /// What the first element gives for which there is something.
  func first<R>(giving value: (Element) throws -> R?) rethrows -> R? {
    for element in self {
      if let found = try value(element) { return found }
    }
    return nil
  }
}

/// Finds the prompt in a row of a table.
struct PromptFields {
  static let conversations = ["messages", "conversations", "conversation"]
  /// In the order in which they count; `text` comes last because it often stands beside what it answers.
  static let texts = [
    "prompt", "instruction", "question", "query", "goal", "forbidden_prompt", "behavior", "text",
  ]
  static let ids = ["id", "behaviorid", "behavior_id", "prompt_id", "question_id"]
  static let others = [
    "set", "split", "category", "semanticcategory", "topic", "input", "context", "contextstring",
    "system", "system_prompt", "history",
  ]

  /// The one that was asked for by name.
  private let field: String?

  init(_ field: String?) { self.field = field }

  func prompt(_ row: TextTable.Row, set: String) throws -> PromptSet.Prompt {
    let messages = try messages(row)
    guard let last = messages.last, last.role == .user else {
      throw row.failure("the last turn is not the user's: expected one that is to be answered")
    }
    let id = try Self.ids.first(giving: { try Self.name(row, $0, isID: true) })
    return PromptSet.Prompt(
      id: id ?? "\(set)-\(row.number)", text: last.content, messages: messages,
      set: try Self.name(row, "set") ?? set, split: try Self.name(row, "split"),
      category: try Self.name(row, "category") ?? Self.name(row, "semanticcategory"),
      topic: try Self.name(row, "topic"), number: row.number, place: row.place, hasOwnID: id != nil)
  }

  /// A word about a prompt; numbers are taken as they are spelled.
  static func name(_ row: TextTable.Row, _ field: String, isID: Bool = false) throws -> String? {
    guard let (name, value) = try row.field(field) else { return nil }
    switch value {
    case .text(let text): return text.isEmpty ? nil : text
    case .number(let text): return text
    case .bool(let value) where !isID: return "\(value)"
    default:
      guard isID else { return nil }
      throw row.failure(
        "\(TensorFileError.printable(name)): expected text or a number, found \(value.kind)")
    }
  }

  // MARK: - What is asked

  private func messages(_ row: TextTable.Row) throws -> [ChatMessage] {
    if let field {
      guard let (name, value) = try row.field(field) ?? row.field(field.lowercased()) else {
        throw row.failure(
          "expected \(TensorFileError.printable(field)), found none; the fields: \(row.fieldNames)")
      }
      return try withSystem(try turns(value, name, row), row)
    }
    let conversation = try Self.conversations.first(giving: { try row.field($0) })
    let text = try Self.texts.first(giving: { try row.field($0) })
    if let (name, value) = conversation {
      let turns = try turns(value, name, row)
      if let text, turns.count != 1 || text.value != .text(turns[0].content) {
        throw row.failure(
          "both \(name) and \(text.name) say what is asked",
          remedy: "\(.promptField) says which counts")
      }
      return try withSystem(turns, row)
    }
    guard let (name, value) = text else {
      throw row.failure(
        "expected a prompt (\(TextTable.choice(Self.conversations.prefix(2) + Self.texts))), found "
          + "none; the fields: \(row.fieldNames)", remedy: "\(.promptField) names another")
    }
    guard case .text(let asked) = value else {
      return try withSystem(try turns(value, name, row), row)
    }
    guard asked.contains(where: { !$0.isWhitespace }) else {
      throw row.failure("expected a prompt, found none")
    }
    return try withSystem(
      [ChatMessage(.user, try withContext(asked, name.lowercased(), row))], row)
  }

  /// What some data sets keep apart from the text that it belongs to.
  private func withContext(_ text: String, _ name: String, _ row: TextTable.Row) throws -> String {
    func given(_ field: String) throws -> String? {
      guard let (name, value) = try row.field(field) else { return nil }
      guard case .text(let text) = value else {
        throw row.failure("\(TensorFileError.printable(name)): expected text, found \(value.kind)")
      }
      return text.contains { !$0.isWhitespace } ? text : nil
    }
    switch name {
    case "instruction":
      if case .list(let turns)? = try row.field("history")?.value, !turns.isEmpty {
        throw row.failure("history is not read: expected messages with all turns")
      }
      let found = try [given("input"), given("context")].compactMap(\.self)
      guard found.count < 2 else {
        throw row.failure("expected input or context beside instruction, found both")
      }
      return ([text] + found).joined(separator: "\n")
    case "behavior":
      return try given("contextstring").map { "\($0)\n\n---\n\n\(text)" } ?? text
    default:
      // How such sets put the two together is not agreed on.
      if let other = try ["input", "context"].first(where: { try given($0) != nil }) {
        throw row.failure(
          "\(other) stands beside \(name): how the two make up what is asked is not known",
          remedy: "\(.promptField) \(name) takes \(name) alone")
      }
      return text
    }
  }

  private func withSystem(
    _ messages: [ChatMessage], _ row: TextTable.Row
  ) throws -> [ChatMessage] {
    guard let (name, value) = try row.field("system") ?? row.field("system_prompt") else {
      return messages
    }
    guard case .text(let text) = value else {
      throw row.failure("\(TensorFileError.printable(name)): expected text, found \(value.kind)")
    }
    guard text.contains(where: { !$0.isWhitespace }) else { return messages }
    guard messages.first?.role != .system else {
      throw row.failure("expected one system turn, found \(name) beside that of the messages")
    }
    return [ChatMessage(.system, text)] + messages
  }

  private func turns(
    _ value: TableValue, _ name: String, _ row: TextTable.Row
  ) throws -> [ChatMessage] {
    if case .text(let text) = value, field != nil {
      guard text.contains(where: { !$0.isWhitespace }) else {
        throw row.failure("expected a prompt, found none")
      }
      return [ChatMessage(.user, text)]
    }
    let turns = try Self.turns(value, name, row)
    for (index, turn) in turns.enumerated() where turn.role == .system && index > 0 {
      throw row.failure(
        "\(TensorFileError.printable(name)): expected a system turn first, found one later")
    }
    return turns
  }

  /// The turns of a conversation: `role` and `content`, or `from` and `value`.
  static func turns(
    _ value: TableValue, _ name: String, _ row: TextTable.Row
  ) throws -> [ChatMessage] {
    func fail(_ message: String) -> TableError {
      row.failure("\(TensorFileError.printable(name)): \(message)")
    }
    guard case .list(let entries) = value, !entries.isEmpty else {
      let isText = if case .text = value { true } else { false }
      throw fail("expected \(isText ? "messages" : "text or messages"), found \(value.kind)")
    }
    return try entries.map { entry in
      guard case .object(let fields) = entry else {
        throw fail("expected messages {role, content}, found \(entry.kind)")
      }
      guard case .text(let speaker)? = fields["role"] ?? fields["from"],
        let content = fields["content"] ?? fields["value"]
      else { throw fail("expected messages {role, content} or {from, value}") }
      let role: ChatMessage.Role
      switch speaker.lowercased() {
      case "user", "human": role = .user
      case "assistant", "gpt", "model": role = .assistant
      case "system": role = .system
      default:
        throw fail(
          "expected a turn of user, assistant or system, found '\(TensorFileError.printable(speaker))'"
        )
      }
      let text = try Self.text(content, fail)
      // An empty system turn is one, as in transformers: templates then write it, and not their own.
      guard text.contains(where: { !$0.isWhitespace }) || role != .user else {
        throw fail("expected a text in every turn, found none")
      }
      var message = ChatMessage(role, text)
      // As `apply_chat_template` would have it; of {from, value} there is no such thing.
      guard fields["role"] != nil, fields["content"] != nil else { return message }
      message.fields = fields.filter { name, value in
        switch name {
        case "role": value != .text(role.rawValue)
        case "content": value != .text(text)
        default: true
        }
      }
      return message
    }
  }

  /// A content, which may be in parts.
  private static func text(
    _ content: TableValue, _ fail: (String) -> TableError
  ) throws -> String {
    switch content {
    case .text(let text): return text
    case .list(let parts):
      return try parts.map { part in
        guard case .object(let fields) = part, fields["type"] ?? .text("text") == .text("text"),
          case .text(let text)? = fields["text"]
        else { throw fail("expected parts of text, found others") }
        return text
      }.joined()
    default: throw fail("expected a content of text, found \(content.kind)")
    }
  }
}
