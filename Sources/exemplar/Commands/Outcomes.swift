import ArgumentParser
import Experiments
import Explorer
import Foundation
import Numerics
import Storage

struct Outcomes: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say of continuations whether they refuse, comply, or are no answer at all.",
    discussion: """
      Reads what generate writes (lines {id, prompt, text}), answers of others in the formats of a prompt file, or a \
      store with continuations, and decides each anew; nothing is changed. The rate is refused / n with its 95 % Wilson \
      interval, n every answer; degenerate and unclear ones stand beside it and are never taken out of n. Of a store, a \
      person's verdicts in the notebook stand beside the classifier's; of any answers, those of a judge of your own \
      (--judge), with their agreement.

      With --json: a line an answer, and the counts last.

      Example:
      exemplar outcomes sample-dicts/smollm2-refusal.epstore
      """)

  @Argument(
    help:
      "A file of answers (JSON Lines, a JSON array, CSV, TSV or Parquet), or an .epstore (STORE#SET,SET takes sets)."
  )
  var path: String

  @Option(
    help: """
      The field of the answers, where it is none of response, completion, generation, answer, output, continuation, \
      generated_text and text.
      """)
  var answerField: String?

  @Option(
    name: .customLong("classifier"),
    help: """
      The rules: exemplar-v2, exemplar-v1, or the reference's phrases as reference-v1. Without it those that a store was \
      judged by, and exemplar-v2 for anything else.
      """)
  var asked: OutcomeClassifier?

  @Flag(help: "Name continuations of different prompts that are nearly the same text.")
  var duplicates = false

  @Flag(
    help: "Count a person's verdicts from the notebook in place of the classifier's, where given.")
  var withVerdicts = false

  @OptionGroup var judging: JudgeOptions
  @OptionGroup var style: OutputStyle

  func run() throws {
    let items = try ContinuationFile.items(URL(filePath: path), field: answerField)
    let classifier = try asked ?? ContinuationFile.classifier(of: URL(filePath: path))
    let personal = try personal(items)
    // Before anything is printed: an answer that cannot be read leaves no half of a list.
    let verdicts = try items.map { try $0.verdict(by: classifier) }
    let judge = try judgement(items, verdicts, classifier)
    var judged: (classified: [Outcome], personal: [Outcome]) = ([], [])
    var groups: [Group] = []
    var complied: [Int] = []
    for (index, (item, verdict)) in zip(items, verdicts).enumerated() {
      let own = item.key.flatMap { personal[$0] }
      if let own {
        judged.classified.append(verdict.outcome)
        judged.personal.append(own)
      }
      let outcome = withVerdicts ? own ?? verdict.outcome : verdict.outcome
      if outcome == .complied { complied.append(index) }
      let place = groups.firstIndex { $0.name == item.group } ?? groups.endIndex
      if place == groups.endIndex { groups.append(Group(name: item.group)) }
      groups[place].outcomes.append(outcome)
      let byJudge = judge?.verdicts[index]
      if let byJudge { groups[place].judged.append(byJudge.outcome) }
      show(item, verdict, outcome, own, byJudge)
    }
    let texts = complied.map { items[$0].text }
    let recycled =
      duplicates
      ? NearDuplicates.groups(of: texts).map { $0.map { items[complied[$0]].id } } : []
    let agreement =
      judged.personal.isEmpty
      ? nil : VerdictAgreement(classifier: classifier.name, judged.classified, judged.personal)
    summarise(groups, recycled, agreement, classifier, judge?.report)
  }

  private struct Group {
    var name: String
    var outcomes: [Outcome] = []
    /// The judge's.
    var judged: [Outcome] = []
  }

  /// What a judge of the user's own says of each answer that is whole; `nil` without one.
  private func judgement(
    _ items: [ContinuationFile.Item], _ verdicts: [OutcomeVerdict], _ classifier: OutcomeClassifier
  ) throws -> (verdicts: [JudgeVerdict?], report: JudgeReport)? {
    guard let judge = judging.judge else { return nil }
    Interruption.watch()
    let line = ProgressLine(isQuiet: style.quiet)
    defer { line.clear() }
    let whole = items.indices.filter { items[$0].recorded == nil }
    let found = try judge.verdicts(
      on: whole.map {
        Judge.Answer(id: items[$0].id, prompt: items[$0].prompt, text: items[$0].text)
      }, check: Interruption.check
    ) { done, total in line.show("judge: \(done) of \(total)") }
    var placed: [JudgeVerdict?] = Array(repeating: nil, count: items.count)
    for (index, verdict) in zip(whole, found.verdicts) { placed[index] = verdict }
    let report = JudgeReport(
      judge: found.by, classifier: classifier.name,
      lines: zip(whole, found.verdicts).map { index, verdict in
        JudgeReport.Line(
          id: items[index].id, condition: items[index].condition,
          classified: verdicts[index].outcome, verdict: verdict)
      }, notJudged: items.count - whole.count)
    return (placed, report)
  }

  /// A person's verdicts on what a store holds.
  private func personal(_ items: [ContinuationFile.Item]) throws -> [ContinuationKey: Outcome] {
    guard let store = items.lazy.compactMap(\.key).first?.store else {
      guard !withVerdicts else {
        throw ExperimentError(
          .missing, "expected a store with an id, which verdicts are kept under; found none",
          file: URL(filePath: path).lastPathComponent)
      }
      return [:]
    }
    do {
      return try openNotebook().verdicts(ofStore: store).reduce(into: [:]) {
        $0[$1.key] = $1.outcome
      }
    } catch {
      guard !withVerdicts else { throw error }
      StandardError.print(
        "exemplar: verdicts in the notebook are left out: \(oneLine(words(of: error)))")
      return [:]
    }
  }

  private func show(
    _ item: ContinuationFile.Item, _ verdict: OutcomeVerdict, _ counted: Outcome, _ own: Outcome?,
    _ judged: JudgeVerdict?
  ) {
    guard style.json else {
      let phrase = verdict.phrase.map { ": \(oneLine($0))" } ?? ""
      let outcome = counted.rawValue.padding(
        toLength: 11, withPad: " ", startingAt: 0)
      let person = own.map { "  (a person: \($0.rawValue))" } ?? ""
      let judge = judged.map { "  (the judge: \($0.outcome.rawValue))" } ?? ""
      print("\(outcome)\(oneLine(item.id))  \(verdict.reason)\(phrase)\(person)\(judge)")
      return
    }
    JSONValue(
      encoding: OutcomesRecord.Line(
        id: item.id, condition: item.condition, set: item.set, verdict, counted: counted,
        person: own, judge: judging.judge == nil ? nil : .some(judged))
    ).print()
  }

  private func counted(_ counts: OutcomeCounts) -> String {
    "refused \(counts.refused) of \(counts.count) = \(rate(counts.refusal)); "
      + "complied \(counts.complied); left \(counts.left), in n: \(counts.leftWords)"
  }

  private func summarise(
    _ groups: [Group], _ recycled: [[String]], _ agreement: VerdictAgreement?,
    _ classifier: OutcomeClassifier, _ judge: JudgeReport?
  ) {
    guard style.json else {
      for group in groups {
        let name = group.name.isEmpty ? "" : oneLine(group.name) + ": "
        print(name + counted(OutcomeCounts(group.outcomes)))
        guard let judge else { continue }
        print("  by \(oneLine(judge.judge.title)): " + counted(OutcomeCounts(group.judged)))
      }
      for ids in recycled { print("nearly the same: \(oneLine(ids.joined(separator: " ")))") }
      if let agreement {
        print(
          "counted by \(withVerdicts ? "a person's verdicts, the rest by " : "")\(classifier.name); "
            + agreement.sentence)
      }
      for sentence in judge?.sentences ?? [] { print(oneLine(sentence)) }
      return
    }
    let record = OutcomesRecord.Summary(
      classifier: classifier.name, groups.flatMap(\.outcomes),
      groups: groups.map { .init($0.name, $0.outcomes, judged: judge == nil ? nil : $0.judged) },
      countsVerdicts: withVerdicts, agreement: agreement, judge: judge,
      duplicates: duplicates ? recycled : nil)
    JSONValue(encoding: OutcomesRecord.Last(record)).print()
  }

  private func rate(_ proportion: Proportion) -> String {
    guard let rate = proportion.rate, let interval = proportion.wilson() else { return "—" }
    return "\(formatted(rate)) [\(formatted(interval.lower)), \(formatted(interval.upper))]"
  }
}

/// Continuations from a file of lines or from a store.
enum ContinuationFile {
  struct Item {
    var id: String
    var prompt: String?
    var text: String
    var condition: String?
    var set: String?
    /// Of an answer whose end was not kept: what was found in the whole.
    var recorded: StoreVerdict?
    /// What a person's verdict on it is kept under.
    var key: ContinuationKey?

    /// - Throws: where only another classifier read the whole of an answer that was cut.
    func verdict(by classifier: OutcomeClassifier) throws -> OutcomeVerdict {
      guard let recorded else { return classifier.verdict(on: text, prompt: prompt) }
      guard recorded.classifier == classifier.name else {
        throw ExperimentError(
          .mismatch,
          "only its opening was kept, after \(recorded.classifier) had read it; expected that classifier, found \(classifier.name)",
          file: id)
      }
      return OutcomeVerdict(
        outcome: recorded.outcome, classifier: recorded.classifier,
        reason: "read before its end was cut off")
    }

    /// What is counted together.
    var group: String { [condition, set].compactMap(\.self).joined(separator: " ") }
  }

  static func items(_ url: URL, field: String?) throws -> [Item] {
    guard isStore(url) else { return try ofFile(url, field) }
    guard field == nil else {
      throw ExperimentError(
        .invalidValue, "--answer-field is of a file of answers, found a store",
        file: url.lastPathComponent)
    }
    return try ofStore(url)
  }

  /// The rules that a store was judged by; the newest for lines.
  static func classifier(of url: URL) throws -> OutcomeClassifier {
    isStore(url) ? try StoreOutcomes.classifier(of: StoreFile(url)) : .exemplar
  }

  private static func isStore(_ url: URL) -> Bool {
    if StoreAddress.isStore(url) { return true }
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(
      atPath: url.path(percentEncoded: false), isDirectory: &isFolder)
    return exists && isFolder.boolValue
  }

  private static func ofStore(_ url: URL) throws -> [Item] {
    let store = try StoreFile(url)
    let documents = try store.documentsByIndex()
    let items: [Item] = try store.continuations().compactMap { continuation in
      guard let document = documents[continuation.document] else { return nil }
      return Item(
        id: document.id, prompt: document.prompt, text: continuation.text,
        condition: continuation.condition, set: document.set,
        recorded: continuation.isCut ? continuation.verdict : nil,
        key: ContinuationKey(
          store: store.storeID, document: document.id, condition: continuation.condition,
          text: continuation.text))
    }
    guard !items.isEmpty else {
      throw ExperimentError(
        .missing, "has no continuations; capture with --generate makes them", file: store.name)
    }
    return items
  }

  private static func ofFile(_ url: URL, _ field: String?) throws -> [Item] {
    try AnswerFile(url, field: field).answers.map { answer in
      Item(
        id: answer.id, prompt: answer.prompt, text: answer.text, condition: answer.condition,
        set: answer.set)
    }
  }
}
