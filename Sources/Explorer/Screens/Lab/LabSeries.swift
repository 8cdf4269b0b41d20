import Experiments

/// Experiments that differ in one thing: a dose, a layer, or a region at a time.
package struct LabSeries: Equatable, Sendable {
  package enum Kind: String, CaseIterable, Sendable {
    case k, strength, layer, alpha, regions
  }

  /// One experiment in a few numbers.
  package struct Point: Equatable, Sendable {
    package var label: String
    /// The regions that were taken out.
    package var regions: [Int]
    /// The experiment's number in the notebook, where it was kept.
    package var saved: Int64?
    /// Of the prompts that it aims at: refused, or whose first token is likely a refusal, or predicted to be.
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
      label: String, regions: [Int], saved: Int64? = nil, refusing: Int, prompts: Int,
      control: Int? = nil, degenerate: Int? = nil, divergence: Double? = nil,
      logOddsChange: Double? = nil
    ) {
      self.label = label
      self.regions = regions
      self.saved = saved
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
  /// What all steps have in common.
  package var setup: AblationSetup
  package var depth: AblationSetup.Depth { setup.depth }
  package var points: [Point] = []
  /// Refusing before any edit; `nil` until known.
  package var before: Int?
  package var done = 0
  package var total = 0
  /// Of the work, in [0, 1].
  package var share = 0.0
  /// Since the session began; `nil` until any of it was done, so that loading counts for nothing.
  package var started: Duration?
  /// What takes time before the first step, in words.
  package var stage = ""
  package var failure: String?
  package var wasStopped = false
  package var cursor = 0

  package init(effect: EffectID, kind: Kind, setup: AblationSetup) {
    self.effect = effect
    self.kind = kind
    self.setup = setup
  }

  /// How long is left, by how long it took so far; `nil` while that says little.
  package func remaining(at clock: Duration) -> Duration? {
    guard effect != nil, let started, share > 0.02, clock - started > .seconds(1) else {
      return nil
    }
    return (clock - started) * ((1 - share) / share)
  }

  /// The prompts that the steps aim at.
  package var role: AblationPrompt.Role { kind == .alpha ? .benign : .harmful }
}
