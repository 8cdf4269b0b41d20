import TensorFiles

extension TemplateValue {
  /// What somebody said, as Python has it read from JSON.
  fileprivate init(said value: TableValue) {
    switch value {
    case .null: self = .none
    case .bool(let value): self = .boolean(value)
    case .number(let text):
      self = Int(text).map(TemplateValue.integer) ?? .number(Double(text) ?? .nan)
    case .text(let text): self = .text(MarkedText(text, isContent: true))
    case .list(let items): self = .list(items.map { TemplateValue(said: $0) })
    case .object(let members):
      self = .mapping(
        TemplateMapping(
          members.sorted { $0.key < $1.key }.map { ($0.key, TemplateValue(said: $0.value)) }))
    }
  }
}

/// Rendering by a template of the model's own.
extension ChatTemplate {
  /// Gives the template what transformers' `apply_chat_template` gives it.
  private func run(
    _ template: JinjaTemplate, _ source: ChatTemplateSource, _ messages: [ChatMessage],
    _ addGenerationPrompt: Bool
  ) throws -> JinjaTemplate.Rendering {
    let input = messages.reduce(0) { $0 + $1.content.unicodeScalars.count }
    return try template.render(date: date, messages: messages.count, input: input) {
      var variables = source.variables
      variables["messages"] = .list(
        messages.map { message in
          var turn: [(String, TemplateValue)] = [
            ("role", .text(message.role.rawValue)),
            ("content", .text(MarkedText(message.content, isContent: true))),
          ]
          for (name, value) in message.fields.sorted(by: { $0.key < $1.key }) {
            let value = TemplateValue(said: value)
            if let place = turn.firstIndex(where: { $0.0 == name }) {
              turn[place].1 = value
            } else {
              turn.append((name, value))
            }
          }
          return .mapping(TemplateMapping(turn))
        })
      variables["tools"] = TemplateValue.none
      variables["documents"] = TemplateValue.none
      variables["add_generation_prompt"] = .boolean(addGenerationPrompt)
      return variables
    }
  }

  func renderOwn(
    _ template: JinjaTemplate, _ source: ChatTemplateSource, _ messages: [ChatMessage],
    _ system: SystemTurn, _ addGenerationPrompt: Bool
  ) throws -> RenderedChat {
    let messages = try Self.messages(messages, after: system)
    let rendering = try run(template, source, messages, addGenerationPrompt)
    var text = rendering.text
    if case .text(let given) = system,
      !given.unicodeScalars.allSatisfy({
        PythonCharacter.isSpace($0.value)
      })
    {
      let rest = try? run(template, source, Array(messages.dropFirst()), addGenerationPrompt)
      guard rest?.text != text else {
        throw TokenizerError(.unsupported, "the model's chat template leaves a system text out")
      }
    }
    if system == .none, messages.first?.role != .system {
      text = try withoutDefaultSystem(text, template, source)
    }
    var chat = RenderedChat(text)
    chat.usesDate = rendering.usesDate
    return chat
  }

  // MARK: - Without the default system turn

  /// Takes out the system turn that the template writes when it is given none.
  ///
  /// What the template writes around a turn is learnt from conversations of texts that stand for
  /// nothing: the closing of a turn is what follows its text when no answer is asked for, and the
  /// opening of the user's turn is what lies between an answer's closing and the next text. Before
  /// the first text stands then: a beginning, the system turn, the opening of the user's turn. The
  /// system turn is opened as the user's is, with `system` for `user`, and closed as it is closed
  /// when a system text is given. Where any of this does not hold, the turn cannot be told apart,
  /// and that is an error: nothing is guessed.
  private func withoutDefaultSystem(
    _ text: MarkedText, _ template: JinjaTemplate, _ source: ChatTemplateSource
  ) throws -> MarkedText {
    func refusal(_ reason: String) -> TokenizerError {
      TokenizerError(
        .unsupported,
        "the default system turn of the model's chat template cannot be told apart (\(reason))",
        remedy: "leave out \(.noSystem), or choose a format with \(.template)")
    }
    let (first, answer, second) = ("Xqz1vk", "Xqz2vk", "Xqz3vk")
    func gaps(_ messages: [ChatMessage], _ what: String) throws -> [MarkedText] {
      guard let rendered = try? run(template, source, messages, false).text else {
        throw refusal("it does not take \(what)")
      }
      var parts: [MarkedText] = []
      var rest = rendered
      for message in messages {
        let split = rest.split(by: MarkedText(message.content), atMost: 1)
        guard split.count == 2 else { throw refusal("it does not write \(what) in their order") }
        parts.append(split[0])
        rest = split[1]
      }
      return parts + [rest]
    }
    let bos: MarkedText =
      if case .one(let token)? = source.specialTokens["bos_token"] { MarkedText(token) } else {
        MarkedText("")
      }
    let alone = try gaps([ChatMessage(.user, first)], "a prompt alone")
    let head = alone[0]
    guard text.matches(head, at: 0) else {
      throw refusal("what comes before a prompt depends on it")
    }
    let turn = [ChatMessage(.user, first), ChatMessage(.assistant, answer)]
    let closing = try gaps(turn, "a prompt and an answer")[2]
    let between = try gaps(turn + [ChatMessage(.user, second)], "two prompts and an answer")[2]
    guard between.matches(closing, at: 0), between.count > closing.count || closing.isEmpty else {
      throw refusal("an answer ends otherwise where another prompt follows")
    }
    let opening = between.slice(closing.count..<between.count)
    func ends(_ text: MarkedText, with end: MarkedText) -> Bool {
      text.matches(end, at: text.count - end.count)
    }
    // A template may write the BOS token before every prompt.
    if head == opening { return text }
    guard !opening.isEmpty, ends(head, with: opening) else {
      throw refusal("the first prompt begins otherwise than the second")
    }
    let before = head.slice(0..<head.count - opening.count)
    if before == bos { return text }

    guard let systemOpening = Self.systemOpening(opening),
      let start = before.firstIndex(of: systemOpening)
    else {
      throw refusal("it is not opened as the prompt's turn is")
    }
    let given = try gaps(
      [ChatMessage(.system, answer), ChatMessage(.user, first)], "a system text and a prompt")
    guard given[0].matches(before.slice(0..<start) + systemOpening, at: 0),
      given[1].count > opening.count, ends(given[1], with: opening)
    else { throw refusal("a given system text stands elsewhere") }
    let systemClosing = given[1].slice(0..<given[1].count - opening.count)
    let inside = before.slice(start + systemOpening.count..<before.count)
    guard ends(inside, with: systemClosing),
      inside.firstIndex(of: systemClosing) == inside.count - systemClosing.count,
      inside.firstIndex(of: systemOpening) == nil, inside.firstIndex(of: opening) == nil
    else { throw refusal("other turns stand beside it") }
    return MarkedText(
      units: Array(text.units[..<start] + text.units[(head.count - opening.count)...]))
  }

  /// The opening of the user's turn with `system` for `user`.
  private static func systemOpening(_ opening: MarkedText) -> MarkedText? {
    for (user, system) in [("user", "system"), ("User", "System"), ("USER", "SYSTEM")] {
      let parts = opening.split(by: MarkedText(user), atMost: -1)
      if parts.count == 2 { return parts[0] + MarkedText(system) + parts[1] }
    }
    return nil
  }
}
