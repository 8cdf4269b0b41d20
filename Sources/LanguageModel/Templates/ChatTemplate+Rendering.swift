extension ChatTemplate {
  /// Writes a single prompt of the user.
  package func render(
    prompt: String, system: SystemTurn, addGenerationPrompt: Bool = true
  ) throws -> RenderedChat {
    try render(
      [ChatMessage(.user, prompt)], system: system, addGenerationPrompt: addGenerationPrompt)
  }

  /// Writes a conversation.
  ///
  /// - Parameter addGenerationPrompt: end with the opening of an answer.
  /// - Throws: `TokenizerError` when the format has no place for the system text, or, for `raw`,
  ///   when there is anything but one prompt.
  package func render(
    _ messages: [ChatMessage], system: SystemTurn, addGenerationPrompt: Bool = true
  ) throws -> RenderedChat {
    var chat = RenderedChat(beginsWithBOS: beginsWithBOS)
    let systemText = try systemText(system)
    switch format {
    case .raw:
      guard messages.count == 1 else {
        throw TokenizerError(
          .unsupported, "the template raw takes one prompt, found \(messages.count) messages")
      }
      chat.takesTokenizerDefaults = true
      chat.append(content: messages[0].content)
    case .chatml:
      renderTurns(
        messages, systemText, into: &chat, opening: { "<|im_start|>\($0)\n" },
        closing: "<|im_end|>\n", assistant: "assistant", addGenerationPrompt)
    case .llama3:
      renderTurns(
        messages, systemText, into: &chat,
        opening: { "<|start_header_id|>\($0)<|end_header_id|>\n\n" }, closing: "<|eot_id|>",
        assistant: "assistant", addGenerationPrompt)
    case .gemma:
      renderTurns(
        messages, systemText, into: &chat, opening: { "<start_of_turn>\($0)\n" },
        closing: "<end_of_turn>\n", assistant: "model", addGenerationPrompt)
    case .mistral:
      renderInstructions(messages, systemText, into: &chat)
    }
    return chat
  }

  /// The text for the system's place: what the template writes, and what was said.
  private struct SystemText {
    var preamble: String
    var text: String
    /// Whether `text` is the template's own.
    var isOwn: Bool
  }

  private func systemText(_ system: SystemTurn) throws -> SystemText? {
    switch system {
    case .none:
      return nil
    case .templateDefault:
      return defaultSystem.map { SystemText(preamble: systemPreamble, text: $0, isOwn: true) }
    case .text(let text):
      guard systemPlace != .none else {
        throw TokenizerError(
          .unsupported, "the template \(name) has no place for a system text")
      }
      return SystemText(preamble: systemPreamble, text: text, isOwn: false)
    }
  }

  private func append(_ system: SystemText, to chat: inout RenderedChat) {
    chat.append(template: system.preamble)
    if system.isOwn {
      chat.append(template: system.text)
    } else {
      chat.append(content: content(system.text))
    }
  }

  private func content(_ text: String) -> String {
    guard trimsContent else { return text }
    let scalars = text.unicodeScalars
    let isBlank = { (scalar: Unicode.Scalar) in scalar.properties.isWhitespace }
    guard let first = scalars.firstIndex(where: { !isBlank($0) }),
      let last = scalars.lastIndex(where: { !isBlank($0) })
    else { return "" }
    return String(scalars[first...last])
  }

  private func renderTurns(
    _ messages: [ChatMessage], _ system: SystemText?, into chat: inout RenderedChat,
    opening: (String) -> String, closing: String, assistant: String,
    _ addGenerationPrompt: Bool
  ) {
    if let system, systemPlace == .turn {
      chat.append(template: opening("system"))
      append(system, to: &chat)
      chat.append(template: closing)
    }
    let withSystem = systemPlace == .firstUser ? messages.firstIndex { $0.role == .user } : nil
    for (index, message) in messages.enumerated() {
      chat.append(template: opening(message.role == .user ? "user" : assistant))
      if let system, index == withSystem {
        append(system, to: &chat)
        chat.append(template: "\n\n")
      }
      chat.append(content: content(message.content))
      chat.append(template: closing)
    }
    if addGenerationPrompt { chat.append(template: opening(assistant)) }
  }

  private func renderInstructions(
    _ messages: [ChatMessage], _ system: SystemText?, into chat: inout RenderedChat
  ) {
    let users = messages.indices.filter { messages[$0].role == .user }
    let withSystem = systemPlace == .lastUser ? users.last : users.first
    for (index, message) in messages.enumerated() {
      if message.role == .assistant {
        chat.append(template: mistral.beforeAnswer)
        chat.append(content: content(message.content))
        chat.append(template: "</s>")
        continue
      }
      chat.append(template: mistral.opening)
      if let system, index == withSystem {
        append(system, to: &chat)
        chat.append(template: "\n\n")
      }
      chat.append(content: content(message.content))
      chat.append(template: mistral.closing)
    }
  }
}
