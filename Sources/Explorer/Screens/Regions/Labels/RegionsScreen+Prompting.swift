import Experiments
import Foundation
import Storage

extension RegionsScreen {
  // MARK: - Labels of others

  mutating func promptForLabels(_ command: Command, in session: inout Session) {
    if let reason = session.notebookProblem {
      return session.say(.error, "there is no notebook: \(reason)")
    }
    let (purpose, text): (Prompt.Purpose, String) =
      switch command {
      case .exportLabels: (.exportLabels, "\(dictionary.title).labels.jsonl")
      case .importLabels: (.importLabels, "")
      case .mergeLabels: (.mergeLabels, "")
      default: (.carryLabels, likeliestSource(in: session))
      }
    mode = .prompting(Prompt(purpose: purpose, field: TextField(text)))
  }

  /// Another dictionary of the library at the same hook with most labels.
  private func likeliestSource(in session: Session) -> String {
    let own = dictionary
    let candidates = (session.library.entries ?? []).compactMap {
      entry -> (url: URL, labels: Int)? in
      guard case .dictionary(let summary) = entry.content, summary.identity != own.identity,
        summary.provenance.hook == own.provenance.hook, summary.labelCount > 0
      else { return nil }
      return (entry.url, summary.labelCount)
    }
    return candidates.max { $0.labels < $1.labels }?.url.path(percentEncoded: false) ?? ""
  }

  mutating func runInPrompt(_ command: Command, _ prompt: Prompt, in session: inout Session)
    -> [Effect]
  {
    switch command {
    case .cancelField: mode = .browsing
    case .complete where prompt.isOfPaths && prompt.field.isCursorAtEnd:
      return [session.ask(CompletePath(text: prompt.field.text))]
    case .accept:
      mode = .browsing
      return take(prompt, in: &session)
    default: break
    }
    return []
  }

  private mutating func take(_ prompt: Prompt, in session: inout Session) -> [Effect] {
    let text = prompt.field.text.trimmingCharacters(in: .whitespaces)
    guard !text.isEmpty else { return [] }
    let words = text.split(separator: " ").map(String.init)
    let target = self.target
    let count = dictionary.regionCount
    let work: Effect.Work
    switch prompt.purpose {
    case .example: return lookUp(text, in: &session)
    case .exportLabels: work = .exportLabels(target, path: Self.path(text))
    case .importLabels: work = .importLabels(target, path: Self.path(text), regionCount: count)
    case .mergeLabels:
      guard words.count == 2 else {
        session.say(.error, "expected two files: theirs, and the one that both came from")
        return []
      }
      work = .mergeLabels(
        target, theirs: Self.path(words[0]), base: Self.path(words[1]), regionCount: count)
    case .carryLabels:
      let cutoff = words.count > 1 ? words.last.flatMap(Double.init) : nil
      let path = cutoff == nil ? text : words.dropLast().joined(separator: " ")
      work = .carryLabels(
        target, from: URL(filePath: Self.path(path)), cutoff: cutoff ?? LabelCarrying.standardCutoff
      )
    }
    return session.keep(.many, by: work)
  }

  /// Takes what a path goes on with, unless something else was typed since.
  mutating func take(_ found: CompletePath.Result, in session: inout Session) {
    guard case .prompting(var prompt) = mode, prompt.field.text == found.asked else { return }
    prompt.field = TextField(found.text)
    mode = .prompting(prompt)
    guard found.names.count != 1 else { return }
    session.say(
      .note,
      found.names.isEmpty ? "no file begins so" : found.names.joined(separator: "  "))
  }

  private static func path(_ text: String) -> String { UserFolders.expandingHome(text) }

  // MARK: - By example

  private static let needsWeights =
    "a search by example needs the weights: start with --model MODEL"

  mutating func beginExample(in session: inout Session) {
    // The field opens without weights too: what is typed into a field that is not there would run commands.
    mode = .prompting(Prompt(purpose: .example, field: TextField()))
    if !dictionary.hasModel { session.say(.note, Self.needsWeights) }
  }

  private mutating func lookUp(_ text: String, in session: inout Session) -> [Effect] {
    guard dictionary.hasModel else {
      session.say(.error, Self.needsWeights)
      return []
    }
    page = .example(ExampleState(text: text))
    extras.asked[.example] = nil
    return askOnce(
      .example, nil,
      .example(
        dictionary: dictionary.url, text: text,
        isChat: dictionary.provenance.template != nil), in: &session)
  }

  mutating func updateExample(_ change: (inout ExampleState) -> Void) {
    guard case .example(var example) = page else { return }
    change(&example)
    page = .example(example)
  }

  mutating func runInExample(
    _ command: Command, _ example: ExampleState, in session: inout Session
  ) -> [Effect]? {
    let tokens = example.tokens ?? []
    switch command {
    case _ where command.isMove:
      let target = ListMoves.moved(
        example.cursor, count: tokens.count, page: session.rows - 6, command)
      updateExample { $0.cursor = target }
    case .nextMatch, .previousMatch:
      // To the next token in another region.
      let step = command == .nextMatch ? 1 : -1
      var index = example.cursor + step
      while tokens.indices.contains(index), tokens[index].region == tokens[example.cursor].region {
        index += step
      }
      if tokens.indices.contains(index) { updateExample { $0.cursor = index } }
    case .openDocument:
      guard tokens.indices.contains(example.cursor) else { return [] }
      page = nil
      jump(to: String(tokens[example.cursor].region), in: &session)
    case .search: beginExample(in: &session)
    default: return nil
    }
    return []
  }

  // MARK: - Hits

  mutating func openHits(in session: inout Session) {
    guard search?.result != nil else {
      return session.say(.note, "no search yet · / searches")
    }
    page = .hits(HitsState())
  }

  mutating func runInHits(
    _ command: Command, _ shown: HitsState, in session: Session
  ) -> [Effect]? {
    let hits = HitsState.hits(of: search)
    switch command {
    case _ where command.isMove:
      showHit(
        ListMoves.moved(shown.cursor, count: hits.count, page: session.rows - 6, command), of: hits)
    case .nextMatch: showHit((shown.cursor + 1) % max(1, hits.count), of: hits)
    case .previousMatch:
      showHit((shown.cursor + hits.count - 1) % max(1, hits.count), of: hits)
    case .openDocument:
      guard hits.indices.contains(shown.cursor) else { return [] }
      page = nil
      _ = select(region: hits[shown.cursor].region, in: session)
      showCursor(in: session)
    default: return nil
    }
    return []
  }

  private mutating func showHit(_ index: Int, of hits: [SearchHit]) {
    page = .hits(HitsState(cursor: min(max(0, index), max(0, hits.count - 1))))
  }
}
