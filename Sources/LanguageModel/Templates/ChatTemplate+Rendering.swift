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
  /// - Throws: `TemplateError` when the model's own template fails or refuses the conversation;
  ///   `TokenizerError` when the format has no place for the system text, or, for `raw`, when there
  ///   is anything but one prompt.
  package func render(
    _ messages: [ChatMessage], system: SystemTurn, addGenerationPrompt: Bool = true
  ) throws -> RenderedChat {
    switch kind {
    case .own(let template, let source):
      return try renderOwn(template, source, messages, system, addGenerationPrompt)
    case .format(let format):
      return try render(messages, system, addGenerationPrompt, format)
    }
  }

  /// The conversation with the system text that was given, if one was.
  static func messages(
    _ messages: [ChatMessage], after system: SystemTurn
  ) throws -> [ChatMessage] {
    guard case .text(let text) = system else { return messages }
    guard messages.first?.role != .system else {
      throw TokenizerError(
        .unsupported, "the conversation begins with a system text of its own",
        remedy: "leave out \(.system)")
    }
    return [ChatMessage(.system, text)] + messages
  }

  private func render(
    _ given: [ChatMessage], _ system: SystemTurn, _ addGenerationPrompt: Bool, _ format: Format
  ) throws -> RenderedChat {
    let messages = try Self.messages(given, after: system)
    let places = messages.indices.filter { messages[$0].role == .system }
    let takesSystem = [.chatml, .llama3].contains(format) || format == .mistral && places == [0]
    guard places.isEmpty || takesSystem else {
      throw TokenizerError(
        .unsupported, "the template \(name) has no place for a system text there")
    }
    var chat = RenderedChat(beginsWithBOS: beginsWithBOS)
    switch format {
    case .raw:
      guard messages.count == 1, messages[0].role == .user else {
        throw TokenizerError(
          .unsupported, "the template raw takes one prompt, found \(messages.count) messages")
      }
      chat.takesTokenizerDefaults = true
      chat.append(content: messages[0].content)
    case .chatml:
      renderTurns(
        messages, into: &chat, opening: { "<|im_start|>\($0)\n" }, closing: "<|im_end|>\n",
        addGenerationPrompt)
    case .llama3:
      renderTurns(
        messages, into: &chat, opening: { "<|start_header_id|>\($0)<|end_header_id|>\n\n" },
        closing: "<|eot_id|>", trims: true, addGenerationPrompt)
    case .gemma:
      renderTurns(
        messages, into: &chat,
        opening: { "<start_of_turn>\($0 == "assistant" ? "model" : $0)\n" },
        closing: "<end_of_turn>\n", trims: true, addGenerationPrompt)
    case .mistral:
      renderInstructions(messages, into: &chat)
    }
    return chat
  }

  private func renderTurns(
    _ messages: [ChatMessage], into chat: inout RenderedChat, opening: (String) -> String,
    closing: String, trims: Bool = false, _ addGenerationPrompt: Bool
  ) {
    for message in messages {
      chat.append(template: opening(message.role.rawValue))
      chat.append(
        content: trims ? MarkedText(message.content).stripped().string : message.content)
      chat.append(template: closing)
    }
    if addGenerationPrompt { chat.append(template: opening("assistant")) }
  }

  private func renderInstructions(_ messages: [ChatMessage], into chat: inout RenderedChat) {
    var isOpen = false
    for message in messages {
      if message.role == .assistant {
        chat.append(content: message.content)
        chat.append(template: "</s>")
        continue
      }
      if !isOpen { chat.append(template: "[INST] ") }
      chat.append(content: message.content)
      isOpen = message.role == .system
      chat.append(template: isOpen ? "\n\n" : " [/INST]")
    }
  }
}
