import LanguageModel
import Storage

/// How prompts were rendered, as stores and dictionaries keep it.
///
/// A name without a hash is that of a format; records from before templates were interpreted have
/// nothing else, and were made without a system turn.
package struct TemplateRecord: Equatable, Sendable {
  package var name: String
  /// SHA-256 of the template's text.
  package var hash: String?
  /// The special tokens that it names, as the model spelled them; `nil` where it names none, and in older records.
  package var tokens: String?
  package var entry: String?
  /// The day it was told, where it asked.
  package var date: String?
  /// `left out` for a default system turn that was.
  package var systemTurn: String?
  package var system: String?

  package init?(_ provenance: StoreProvenance) {
    guard let template = provenance.template else { return nil }
    name = template
    (hash, entry) = (provenance.templateHash, provenance.templateEntry)
    tokens = provenance.templateTokens
    (date, systemTurn) = (provenance.templateDate, provenance.templateSystem)
    system = provenance.system
  }

  package init?(_ provenance: DictionaryProvenance) {
    guard let template = provenance.template else { return nil }
    name = template
    (hash, entry) = (provenance.templateHash, provenance.templateEntry)
    tokens = provenance.templateTokens
    (date, systemTurn) = (provenance.templateDate, provenance.templateSystem)
    system = provenance.system
  }

  /// The template that was used, if the model still has it or it is the one that is given.
  ///
  /// - Throws: `ExperimentError` naming both where it has another.
  package func template(
    _ tokenizer: Tokenizer, given: ChatTemplate? = nil
  ) throws -> (ChatTemplate, SystemTurn) {
    let turn: SystemTurn =
      system.map { .text($0) } ?? (systemTurn == nil && hash != nil ? .templateDefault : .none)
    guard let hash else {
      guard let format = ChatTemplate.Format(rawValue: name) else {
        throw ExperimentError(
          .mismatch, "the recorded chat template \(name) is not known here", setting: .template)
      }
      return (ChatTemplate(format), turn)
    }
    let day = date.flatMap { TemplateDate($0) } ?? .current()
    if let given, let text = given.text, Self.hash(of: given) == hash {
      let template = try ChatTemplate(
        text, entryName: given.entryName, source: tokenizer.chat, date: day)
      try checkTokens(of: template)
      return (template, turn)
    }
    let template = try ChatTemplate(of: tokenizer, named: entry, date: day)
    let found = Self.hash(of: template)
    guard found == hash else {
      throw ExperimentError(
        .mismatch,
        "prompts were rendered by the chat template \(hash.prefix(12)), the model has \((found ?? "none").prefix(12))",
        setting: .template)
    }
    try checkTokens(of: template)
    return (template, turn)
  }

  /// The same text renders another prompt where the tokens that it names are spelled otherwise.
  private func checkTokens(of template: ChatTemplate) throws {
    guard let tokens, template.specialTokens != tokens else { return }
    throw ExperimentError(
      .mismatch,
      "prompts were rendered with the special tokens \(tokens), the model's template now has \(template.specialTokens ?? "none")",
      setting: .template)
  }

  /// `chatml without a system turn`, `own of hash 5af1c0…`.
  package var words: String {
    let turn =
      system != nil
      ? "with a given system turn"
      : systemTurn != nil || hash == nil ? "without a system turn" : "as it is"
    return (hash.map { "\(name) of hash \($0.prefix(12))" } ?? name) + " " + turn
  }

  package static func hash(of template: ChatTemplate) -> String? {
    guard let text = template.text else { return nil }
    var hash = SHA256()
    hash.update(text)
    return hash.hexDigest()
  }
}
