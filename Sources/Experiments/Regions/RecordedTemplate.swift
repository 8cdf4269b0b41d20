import LanguageModel
import Storage

/// Finds the template's own tokens in a store that does not mark them, where it says that a published format rendered its
/// prompts: rendered again, with the origin of every character, they have to read the same.
struct RecordedTemplate {
  private let template: ChatTemplate
  private let system: SystemTurn

  /// `nil` for stores that record another template than a published format, or none.
  init?(_ provenance: StoreProvenance) {
    guard let record = TemplateRecord(provenance), record.hash == nil,
      let format = ChatTemplate.Format(rawValue: record.name)
    else { return nil }
    template = ChatTemplate(format)
    system = record.system.map { .text($0) } ?? .none
  }

  /// Positions of the tokens no byte of which is of what the prompt says; `nil` where the prompt does not come out as the
  /// document reads, or its tokens are not known.
  func positions(of document: StoreDocument, ends: [Int32]?) -> [Int32]? {
    if document.kind == .text {
      // Running text and openings have no template around them where they begin with what was given.
      return !document.prompt.isEmpty && document.text.hasPrefix(document.prompt) ? [] : nil
    }
    guard let ends,
      let chat = try? template.render(prompt: document.prompt, system: system)
    else { return nil }
    // Before the text may stand the tokens that the tokenizer added, spelled out.
    let (text, whole) = (Array(chat.text.utf8), Array(document.text.utf8))
    let before = whole.count - text.count
    guard before >= 0, before <= Self.mostBefore, whole[before...].elementsEqual(text) else {
      return nil
    }
    if before > 0, !chat.beginsWithBOS, !chat.takesTokenizerDefaults { return nil }
    var (positions, start) = ([Int32](), 0)
    var ranges =
      ([0..<before] + chat.templateRanges.map { $0.lowerBound + before..<$0.upperBound + before })[
        ...]
    for (position, end) in ends.enumerated() {
      while let range = ranges.first, range.upperBound <= start { ranges.removeFirst() }
      // A template range may follow another without a gap.
      var upper = ranges.first?.upperBound ?? 0
      for range in ranges.dropFirst() where range.lowerBound == upper { upper = range.upperBound }
      if let range = ranges.first, range.lowerBound <= start, max(Int(end), start + 1) <= upper {
        positions.append(Int32(position))
      }
      start = max(start, Int(end))
    }
    return positions
  }

  /// The spelling of a BOS token is no longer.
  private static let mostBefore = 64
}
