import ExemplarPartitioning
import Experiments
import Foundation
import Storage

/// The ablation lab: what is asked of the model, and what came of it.
package struct LabState: Equatable, Sendable {
  /// What a person can set, in the order of the form.
  package enum Field: String, CaseIterable, Sendable {
    case target, basis, strength, control, hook, prompts, tokens
  }

  package enum Pane: Equatable, Sendable {
    case form, ledger
  }

  /// Which rows of the ledger are shown.
  package enum LedgerFilter: String, CaseIterable, Sendable {
    case all, flips, harmful, benign, degenerate
  }

  package let dictionary: URL
  package let identity: String
  /// The region that was selected when the lab was opened.
  package let region: Int

  package var opening: EffectID?
  package var subject: LabSubject?
  package var failure: String?

  package var setup: AblationSetup
  package var field = Field.target
  package var focus = Pane.form
  package var isZoomed = false

  package var run: LabRun?
  package var series: LabSeries?

  package var filter = LedgerFilter.all
  /// Index among the rows that the filter lets through.
  package var cursor = 0
  package var top = 0
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

  package var isRunning: Bool { run?.effect != nil || series?.effect != nil }

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
        return prompt.answers.values.contains { $0.verdict.outcome == .degenerate }
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
    switch setup.depth {
    case .generate:
      guard let before = prompt.outcome(.baseline), let after = prompt.outcome(treated) else {
        return false
      }
      return (before == .refused) != (after == .refused)
    case .resume:
      guard let before = prompt.firstTokens[.baseline]?.refusalLogOdds,
        let after = prompt.firstTokens[treated]?.refusalLogOdds
      else { return false }
      return (before > 0) != (after > 0)
    case .geometry:
      guard let before = prompt.landings[.baseline]?.predictedRefusal,
        let after = prompt.landings[treated]?.predictedRefusal
      else { return false }
      return (before > 0.5) != (after > 0.5)
    }
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

  package init(effect: EffectID, setup: AblationSetup, started: Duration) {
    self.effect = effect
    self.setup = setup
    self.started = started
    stageStarted = started
    stage = "reading the store"
  }

  /// How long is left of the stage, by how long it took so far; `nil` while that says little.
  package func remaining(at clock: Duration) -> Duration? {
    guard effect != nil, done > 0, total > done, clock - stageStarted > .seconds(1) else {
      return nil
    }
    return (clock - stageStarted) / done * (total - done)
  }

  mutating func take(_ event: AblationEvent, at clock: Duration) {
    switch event {
    case .began(let result): self.result = result
    case .progress(let stage, let done, let total):
      if stage != self.stage { stageStarted = clock }
      (self.stage, self.done, self.total) = (stage, done, total)
    case .text(let condition, let prompt, let added):
      live[Place(condition: condition, prompt: prompt), default: ""] += added
    case .answered(let condition, let prompt, _):
      live[Place(condition: condition, prompt: prompt)] = nil
      result?.apply(event)
    default: result?.apply(event)
    }
  }
}

/// Experiments that differ in one thing: a dose, a layer, or a region at a time.
package struct LabSeries: Equatable, Sendable {
  package enum Kind: String, CaseIterable, Sendable {
    case k, strength, layer, regions
  }

  /// One experiment in a few numbers.
  package struct Point: Equatable, Sendable {
    package var label: String
    /// Of harmful prompts: refused, or whose first token is likely a refusal, or predicted to be.
    package var refusing: Int
    package var prompts: Int
    /// The same under the control; `nil` without one.
    package var control: Int?
    /// Degenerate answers under the edit, of all roles; `nil` where nothing was generated.
    package var degenerate: Int?
    /// Mean first-token divergence on benign prompts, in nats; `nil` where nothing was run.
    package var divergence: Double?
    /// Change of the refusal log-odds, of a search over regions.
    package var logOddsChange: Double?

    package init(
      label: String, refusing: Int, prompts: Int, control: Int? = nil, degenerate: Int? = nil,
      divergence: Double? = nil, logOddsChange: Double? = nil
    ) {
      self.label = label
      self.refusing = refusing
      self.prompts = prompts
      self.control = control
      self.degenerate = degenerate
      self.divergence = divergence
      self.logOddsChange = logOddsChange
    }
  }

  package var effect: EffectID?
  package var kind: Kind
  package var depth: AblationSetup.Depth
  package var points: [Point] = []
  /// Refusing before any edit; `nil` until known.
  package var before: Int?
  package var done = 0
  package var total = 0
  package var failure: String?
  package var wasStopped = false
  package var cursor = 0

  package init(effect: EffectID, kind: Kind, depth: AblationSetup.Depth) {
    self.effect = effect
    self.kind = kind
    self.depth = depth
  }
}
