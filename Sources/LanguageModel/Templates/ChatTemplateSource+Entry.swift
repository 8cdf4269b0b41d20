extension ChatTemplateSource {
  /// The template that is meant.
  ///
  /// - Throws: `TokenizerError` where there is none, or several and none is meant.
  package func entry(named name: String? = nil) throws -> Entry {
    if let name {
      if let entry = entries.first(where: { $0.name == name }) { return entry }
      let known = entries.compactMap(\.name).sorted().joined(separator: ", ")
      throw TokenizerError(
        .unsupported,
        "the model has no chat template named \(MarkedText(name).described)"
          + (known.isEmpty ? "" : "; it has \(known)"))
    }
    if let only = entries.first(where: { $0.name == nil || $0.name == "default" }) { return only }
    guard entries.isEmpty else {
      throw TokenizerError(
        .unsupported,
        "the model has several chat templates and no default",
        remedy: """
          choose one with \(.templateName) \
          \(entries.compactMap(\.name).sorted().joined(separator: "|"))
          """)
    }
    let formats = ChatTemplate.Format.allCases.map(\.rawValue).joined(separator: "|")
    guard hasProcessorFile else {
      throw TokenizerError(
        .unsupported, "the model has no chat template",
        remedy: "choose one with \(.template) \(formats)")
    }
    throw TokenizerError(
      .unsupported,
      "the model's tokenizer has no chat template (chat_template.json is read by processors alone)",
      remedy: "choose that file with \(.templateFile), or a format with \(.template) \(formats)")
  }

  var variables: [String: TemplateValue] {
    specialTokens.mapValues {
      switch $0 {
      case .one(let token): .text(token)
      case .several(let tokens): .list(tokens.map { .text($0) })
      }
    }
  }
}
