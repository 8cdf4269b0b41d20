import LanguageModel
import Storage

/// Which tokens bring a position nearer to a region, and what the same is for regions and directions that are not meant,
/// under the keys by which it is printed and kept.
package struct AttributionRecord: Encodable, Sendable {
  struct Token: Encodable {
    var position: Int
    var token: String
    var id: Int
    var attribution: Double
    var score: Double
    var regionsMean: Double?
    var regionsP: Double?
    var shufflesMean: Double?
    var shufflesP: Double?
  }

  struct Controls: Encodable {
    var regions: [Int]
    var regionsAgreement: Double?
    var shuffles: Int
    var shufflesAgreement: Double?
  }

  var dictionary: String
  var identity: String
  var hook: String
  var inputHook: String
  var region: Int
  var label: String?
  var position: Int
  var similarity: Double
  var distance: Double
  var theta: Double
  /// The region of the exemplar that is nearest to the position.
  var nearest: Int?
  var sum: Double
  var similarityWithoutInput: Double?
  var toExplain: Double?
  var tokens: [Token]
  var controls: Controls
  var seed: UInt64
  var modelMatch: Checkpoint.Match

  /// - Parameter text: every token of it.
  package init(
    _ result: Attribution, _ file: DictionaryFile, _ hook: HookPoint, _ text: [TracedToken],
    label: String?, _ match: Checkpoint.Match
  ) {
    (dictionary, identity, theta) = (file.name, file.identity, file.threshold)
    (self.hook, inputHook) = (hook.name, HookPoint.embedding.name)
    (region, self.label, position) = (result.region, label, result.position)
    (similarity, distance) = (result.similarity, 1 - result.similarity)
    (sum, toExplain) = (result.sum, result.toExplain)
    similarityWithoutInput = result.withoutInput
    tokens = zip(text, result.attributions).enumerated().map { index, pair in
      Token(
        position: pair.0.position, token: pair.0.spelling, id: pair.0.id, attribution: pair.1,
        score: abs(pair.1), regionsMean: result.regions?.means[index],
        regionsP: result.regions?.p[index], shufflesMean: result.shuffles?.means[index],
        shufflesP: result.shuffles?.p[index])
    }
    nearest = text.prefix(tokens.count).last?.hits.first?.region
    controls = Controls(
      regions: result.drawn, regionsAgreement: result.regions?.agreement,
      shuffles: result.options.controls, shufflesAgreement: result.shuffles?.agreement)
    (seed, modelMatch) = (result.options.seed, match)
  }
}
