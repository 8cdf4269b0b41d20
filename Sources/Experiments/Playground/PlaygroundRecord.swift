import ExemplarPartitioning
import Storage

/// What a playground came to, as `exemplar playground --json` gives it.
package struct PlaygroundRecord: Encodable, Sendable {
  struct Written: Encodable {
    var text: String
    var opening: Bool
    var ending: String
    var outcome: Outcome
    var phrase: String?

    init(_ answer: Answer) {
      (text, opening, ending) = (answer.text, answer.isOpening, answer.ending)
      (outcome, phrase) = (answer.verdict.outcome, answer.verdict.phrase)
    }
  }

  struct Prompt: Encodable {
    var prompt: String
    var tokens: Int
    var answers: OrderedFields<Written>

    init(_ prompt: PlaygroundResult.Prompt, _ conditions: [AblationCondition]) {
      (self.prompt, tokens) = (prompt.text, prompt.tokenCount)
      answers = OrderedFields(
        conditions.compactMap { condition in
          prompt.answers[condition].map { (condition.rawValue, Written($0)) }
        })
    }
  }

  struct Provenance: Encodable {
    var dictionary: String
    var identity: String
    var model: String
    var modelName: String?
    var modelHash: String?
    var adapter: String?
    var adapterHash: String?
    var match: Checkpoint.Match
    var rotaryPrecision: String?
    var engine: String?
    var template: String?
    var classifier: String
    var decoding = "greedy"
    var toolVersion: String

    init(_ from: PlaygroundResult.Provenance) {
      (dictionary, identity) = (from.dictionary, from.identity)
      (model, modelHash) = (from.model, from.modelHash)
      modelName = from.modelName
      (adapter, adapterHash, match) = (from.adapter, from.adapterHash, from.match)
      (rotaryPrecision, engine) = (from.rotaryPrecision, from.engine)
      template = from.template
      (classifier, toolVersion) = (from.classifier, from.toolVersion)
    }
  }

  /// Its number in the notebook; no key in what the notebook itself keeps.
  @IfAny var experiment: Int64??
  var regions: [Int]
  var basis: DirectionBasis
  var at: String
  var strength: Float?
  var alpha: Float?
  var norms: Double?
  var residualNorm: ResidualNormRecord?
  var steeredRegion: Int?
  var chat: Bool
  var maxNewTokens: Int
  var command: String
  var conditions: [AblationCondition]
  @IfAny var prompts: [Prompt]?
  var conclusion: String
  var notices: [String]
  var complete: Bool
  var provenance: Provenance

  package init(_ result: PlaygroundResult, experiment: Int64??) {
    let setup = result.setup
    self.experiment = experiment
    (regions, basis, at) = (setup.regions, setup.basis, result.actionHook)
    (strength, alpha, norms) = (setup.strength, result.alpha, result.norms)
    residualNorm = result.residualNorm.map(ResidualNormRecord.init)
    (steeredRegion, chat) = (result.steeredRegion, setup.isChat)
    (maxNewTokens, command) = (setup.maxNewTokens, result.command)
    conditions = result.conditions
    prompts = result.prompts.map { Prompt($0, result.conditions) }
    (conclusion, notices) = (result.conclusion, result.notices)
    (complete, provenance) = (result.isComplete, Provenance(result.provenance))
  }
}
