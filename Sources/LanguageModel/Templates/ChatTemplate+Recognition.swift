extension ChatTemplate {
  /// The format that a model's own template writes, with the model's default system turn.
  ///
  /// - Parameter jinja: the text of the template.
  /// - Throws: `TokenizerError` that says how to choose a format, when the template is of none of
  ///   those known.
  package static func recognise(_ jinja: String) throws -> ChatTemplate {
    var template = ChatTemplate(try format(of: jinja))
    let text = TemplateText(jinja)
    template.trimsContent = trimsContent(jinja)
    template.beginsWithBOS = jinja.contains("bos_token") || jinja.contains("<|begin_of_text|>")
    switch template.format {
    case .chatml:
      template.defaultSystem = text.text(after: "<|im_start|>system\n", before: "<|im_end|>")
    case .llama3:
      template.readDatedSystem(text)
    case .gemma:
      if !jinja.contains("System role not supported") { template.systemPlace = .firstUser }
    case .mistral:
      // What these templates trim are the answers.
      template.trimsContent = false
      template.mistral.opening = text.part(with: "[INST]") ?? template.mistral.opening
      template.mistral.closing = text.part(with: "[/INST]") ?? template.mistral.closing
      if jinja.contains("' ' + message") || jinja.contains("\" \" + message") {
        template.mistral.beforeAnswer = " "
      }
      if jinja.contains("loop.last and system_message") { template.systemPlace = .lastUser }
    case .raw:
      break
    }
    return template
  }

  private static func format(of jinja: String) throws -> Format {
    func has(_ markers: String...) -> Bool { markers.allSatisfy { jinja.contains($0) } }
    if has("<|im_start|>", "<|im_end|>") { return .chatml }
    if has("<|start_header_id|>", "<|eot_id|>") { return .llama3 }
    if has("<start_of_turn>", "<end_of_turn>") { return .gemma }
    // Llama 2 shares these two markers but puts a system text between others of its own, and so
    // does Mistral's format from version 7 on.
    if has("[INST]", "[/INST]"), !has("<<SYS>>"), !has("[SYSTEM_PROMPT]") { return .mistral }
    throw TokenizerError(
      .unsupported,
      "the model's chat template is of no known format; choose one with --template "
        + Format.allCases.map(\.rawValue).joined(separator: "|"))
  }

  /// Whether a message's content goes through the filter `trim`.
  private static func trimsContent(_ jinja: String) -> Bool {
    var rest = jinja[...]
    while let filter = rest.firstRange(of: "|") {
      let before = jinja[..<filter.lowerBound].reversed().drop { "'\"] ".contains($0) }
      if rest[filter.upperBound...].drop(while: { $0 == " " }).hasPrefix("trim"),
        before.starts(with: "content".reversed())
      {
        return true
      }
      rest = rest[filter.upperBound...]
    }
    return false
  }

  /// Llama 3.1 and later write two dates before every system text, and a system turn of them
  /// alone when there is none. "Today" is the date that the template falls back on: with the
  /// calendar's, the same prompt would give other activations tomorrow.
  private mutating func readDatedSystem(_ text: TemplateText) {
    let literals = text.parts.filter(\.isLiteral).map(\.text)
    guard let knowledge = literals.first(where: { $0.hasPrefix("Cutting Knowledge Date: ") }),
      let today = literals.first(where: { $0.hasPrefix("Today Date: ") }),
      let date = literals.first(where: Self.isDate)
    else { return }
    systemPreamble = knowledge + today + date + "\n\n"
    defaultSystem = ""
  }

  /// `26 Jul 2024`
  private static func isDate(_ text: String) -> Bool {
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    return parts.count == 3 && parts[0].count == 2 && parts[0].allSatisfy(\.isNumber)
      && parts[1].count == 3 && parts[1].allSatisfy(\.isLetter)
      && parts[2].count == 4 && parts[2].allSatisfy(\.isNumber)
  }
}
