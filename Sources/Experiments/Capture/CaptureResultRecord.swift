/// What a capture made, under the keys by which it is printed.
package struct CaptureResultRecord: Encodable, Sendable {
  /// Which of several engines did how much.
  struct Engine: Encodable {
    var name: String
    var documents: Int
    var tokens: Int
    /// Why it was left out.
    var loss: String?
  }

  var documents: Int
  var tokens: Int
  var hooks: [String]
  var seconds: Double
  var tokensPerSecond: Double?
  var newTokens: Int
  var alreadyFinished: Bool
  var contentHash: String?
  var output: String
  var engines: [Engine]

  /// - Parameters:
  ///   - output: the store's name.
  ///   - namesEngines: whether engines were asked for.
  package init(
    _ result: CaptureResult, hooks: [String], output: String, namesEngines: Bool,
    alreadyFinished: Bool, seconds: Double
  ) {
    (documents, tokens, newTokens) = (result.documents, result.tokens, result.newTokens)
    (self.hooks, self.output, self.seconds) = (hooks, output, seconds)
    tokensPerSecond =
      result.tokensRead > 0 ? Double(result.tokensRead) / max(seconds, 1e-9) : nil
    (self.alreadyFinished, contentHash) = (alreadyFinished, result.contentHash)
    engines =
      namesEngines
      ? result.engines.map {
        Engine(
          name: $0.name, documents: $0.documents, tokens: $0.tokens, loss: $0.loss?.description)
      } : []
  }

  /// Without the engines.
  package var text: String {
    let speed = tokensPerSecond.map { ", \(formatted($0)) tokens/s" } ?? ""
    return
      "\(onOneLine(output)): \(quantity(documents, "document")), \(quantity(tokens, "token")), \(quantity(hooks.count, "hook")), \(formatted(seconds)) s\(speed)"
  }
}
