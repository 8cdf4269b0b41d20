import ExemplarPartitioning
import Experiments
import Foundation
import Numerics
import Storage

/// The ablation lab: what is asked of the model, and what came of it.
package struct LabScreen: Equatable, Sendable {
  /// What a person can set, in the order of the form.
  package enum Field: String, CaseIterable, Sendable {
    case target, basis, strength, control
    case baselines = "beside"
    case hook, prompts, tokens
    case counting = "counts"
  }

  package enum Pane: Equatable, Sendable {
    case form, ledger, series
  }

  /// Which rows of the ledger are shown.
  package enum LedgerFilter: String, CaseIterable, Sendable {
    case all, flips, harmful, benign, degenerate, judged
  }

  package let dictionary: URL
  package let identity: String
  /// The region that was selected when the lab was opened.
  package var region: Int

  package var opening: EffectID?
  /// The depth that was asked for before the store was open: it runs once that is.
  var wanted: AblationSetup.Depth?
  package var subject: LabSubject?
  package var failure: String?

  package var setup: AblationSetup
  package var field = Field.target
  /// What is counted in whole answers beside refusals; `nil` for nothing.
  package var counting: AnswerConcept?
  /// What that is to be, while it is written.
  var conceptField: TextField?
  package var focus = Pane.form
  package var isZoomed = false

  package var run: LabRun?
  package var series: LabSeries?
  /// The last search that came to its end: it takes minutes, and is shown again rather than done again.
  var searched: LabSeries?
  /// The list of saved experiments, where it is on the screen.
  package var experiments: ExperimentList?
  /// A saved experiment that is being read.
  package var reopening: EffectID?

  /// A person's verdicts on the answers of the store.
  package var verdicts: [ContinuationKey: Storage.Outcome] = [:]
  /// Whether rates count them in place of the classifier's.
  package var countsPersonal = false
  /// What was judged in this session, the latest last.
  package var judged: [LabVerdict] = []
  /// Whether the next key is a verdict.
  package var isJudging = false

  /// The first row of the verdict that is shown, where there is no room for all of it.
  package var verdictTop = 0

  package var filter = LedgerFilter.all
  /// Index among the rows that the filter lets through.
  package var cursor = 0
  package var top = 0
  /// Index of the condition whose answer is judged.
  package var column = 0
  /// Whether the answers of the selected prompt are read, on a page of their own.
  package var isReading = false
  package var readingTop = 0
  /// Whether the cursor stays with the answer that is being written.
  package var isFollowing = true

  package init(dictionary: URL, identity: String, region: Int) {
    self.dictionary = dictionary
    self.identity = identity
    self.region = region
    setup = AblationSetup(target: .regions([region]), basis: .mean)
  }

  /// The regions that the target names; none for a direction that is of no region.
  package var targetRegions: [Int] {
    switch setup.target {
    case .regions(let regions): regions
    case .top(let count, let rank):
      (subject?.candidates[rank] ?? []).prefix(count).map(\.region)
    case .directions: []
    }
  }

  package var isRunning: Bool { run?.effect != nil || series?.effect != nil }

  /// The condition whose answer is judged.
  package var condition: AblationCondition? {
    guard let conditions = run?.result?.conditions, !conditions.isEmpty else { return nil }
    return conditions[min(column, conditions.count - 1)]
  }

  /// Indices of the result's prompts that the filter lets through.
  package var ledger: [Int] {
    guard let result = run?.result else { return [] }
    return result.prompts.indices.filter { index in
      let prompt = result.prompts[index]
      switch filter {
      case .all: return true
      case .harmful: return prompt.role == .harmful
      case .benign: return prompt.role == .benign
      case .flips: return result.isFlip(prompt)
      case .degenerate:
        return prompt.answers.values.contains { $0.outcome == .degenerate }
      case .judged: return prompt.answers.values.contains { $0.personal != nil }
      }
    }
  }

  package var selectedPrompt: Int? {
    let rows = ledger
    return rows.indices.contains(cursor) ? rows[cursor] : nil
  }
}

extension AblationResult {
  /// Whether a prompt refuses under the baseline and not under the edit, or the other way round.
  package func isFlip(_ prompt: PromptResult) -> Bool {
    guard let before = reading(prompt, .baseline), let after = reading(prompt, treated) else {
      return false
    }
    return before.refuses != after.refuses
  }
}

/// One experiment, under way or over.
package struct LabRun: Equatable, Sendable {
  /// One answer that is being written.
  package struct Place: Hashable, Sendable {
    package var condition: AblationCondition
    package var prompt: Int
  }

  /// `nil` once it is over.
  package var effect: EffectID?
  package var setup: AblationSetup
  /// `nil` until it began.
  package var result: AblationResult?
  /// What is being done, in words.
  package var stage: String
  package var done = 0
  package var total = 0
  /// Since the session began.
  package var started: Duration
  package var stageStarted: Duration
  /// Answers as far as they have been written.
  package var live: [Place: String] = [:]
  package var failure: String?
  package var wasStopped = false
  /// Its number in the notebook.
  package var saved: Int64?
  /// When it was saved, of one that was read back.
  package var date: Date?

  package init(effect: EffectID, setup: AblationSetup, started: Duration) {
    self.effect = effect
    self.setup = setup
    self.started = started
    stageStarted = started
    stage = "reading the store"
  }

  /// An experiment that was saved before.
  package init(_ saved: SavedExperiment, _ result: AblationResult) {
    setup = result.setup
    self.result = result
    self.saved = saved.id
    date = saved.date
    wasStopped = !result.isComplete
    stage = ""
    (started, stageStarted) = (.zero, .zero)
  }

  /// How long is left of the stage, by how long it took so far; `nil` while that says little.
  package func remaining(at clock: Duration) -> Duration? {
    guard effect != nil, done > 0, total > done, clock - stageStarted > .seconds(1) else {
      return nil
    }
    return (clock - stageStarted) / done * (total - done)
  }

  mutating func take(
    _ event: AblationEvent, at clock: Duration, verdicts: [ContinuationKey: Storage.Outcome],
    counting: Bool
  ) {
    switch event {
    case .began(let result):
      self.result = result
      self.result?.countsPersonal = counting
    case .progress(let stage, let done, let total):
      if stage != self.stage { stageStarted = clock }
      (self.stage, self.done, self.total) = (stage, done, total)
    case .text(let condition, let prompt, let added):
      live[Place(condition: condition, prompt: prompt), default: ""] += added
    case .answered(let condition, let prompt, _):
      live[Place(condition: condition, prompt: prompt)] = nil
      result?.apply(event)
      result?.judge(prompt, condition, verdicts)
    default: result?.apply(event)
    }
  }
}
