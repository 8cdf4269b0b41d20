import Engines
import ExemplarPartitioning
import Foundation
import LanguageModel
import Storage
import TensorFiles

/// A model with its tokenizer, for what the explorer asks of weights.
package final class RegionReader: Sendable {
  package let engine: any Engine
  package let tokenizer: Tokenizer

  /// Which weights they are; `nil` where nobody asked.
  package let checkpoint: Checkpoint?

  package init(
    _ engine: any Engine, _ tokenizer: Tokenizer, _ checkpoint: Checkpoint? = nil
  ) {
    self.engine = engine
    self.tokenizer = tokenizer
    self.checkpoint = checkpoint
  }

  package convenience init(_ checkpoint: Checkpoint) throws {
    let loaded = try LoadedModel(checkpoint)
    self.init(loaded.engine, loaded.tokenizer, checkpoint)
  }

  /// What the numbers stand on, and what is to be known of it.
  package var basis: String {
    guard let checkpoint else { return "" }
    let name = checkpoint.name + (checkpoint.worker.map { " on \($0.loaded.model.engine)" } ?? "")
    switch checkpoint.match {
    case .same: return name
    case .other: return name + " (another model than the dictionary's)"
    case .unknown: return name + " (not known to be the dictionary's model)"
    }
  }

  private func check(_ dictionary: DictionaryFile) throws {
    let width = engine.description.hiddenSize
    guard dictionary.dimension == width else {
      throw ExperimentError(
        .mismatch,
        "the model's residual stream has \(width) components, the dictionary's directions "
          + "\(dictionary.dimension): not the model it was built from",
        file: dictionary.name)
    }
  }

  // MARK: - Lens

  /// The exemplar and the mean through the final norm and the unembedding: the tokens that each points to most and least.
  ///
  /// Each is taken at the length of the dictionary's centre, since the norm's ε makes a little of a unit
  /// vector's length. What a direction in a middle layer says of the output this way is an approximation: the layers
  /// above are left out.
  /// - Parameter count: how many of each.
  package func lens(_ dictionary: DictionaryFile, region: Int, count: Int) throws -> LensReading {
    try check(dictionary)
    let scale = Float(max(dictionary.centreNorm, 1))
    let exemplar = try dictionary.exemplars(rows: region..<region + 1)
    let mean = try dictionary.means(rows: region..<region + 1)
    let last = HookPoint.residualPost(layer: engine.description.layerCount - 1)
    let logits = try engine.forward(
      .residual((exemplar + mean).map { $0 * scale }, lengths: [1, 1], at: last), logits: .all
    ).logits
    let vocabulary = engine.description.vocabularySize
    let both = [0, 1].map { ends(Array(logits[$0 * vocabulary..<($0 + 1) * vocabulary]), count) }
    return LensReading(
      region: region, basis: basis, exemplar: both[0], mean: both[1],
      cosine: zip(exemplar, mean).reduce(0) { $0 + Double($1.0) * Double($1.1) })
  }

  private func ends(_ logits: [Float], _ count: Int) -> LensReading.Ends {
    let order = logits.indices.sorted {
      logits[$0] != logits[$1] ? logits[$0] > logits[$1] : $0 < $1
    }
    let mean = logits.reduce(0) { $0 + Double($1) } / Double(max(1, logits.count))
    func entry(_ id: Int) -> LensReading.Entry {
      LensReading.Entry(
        id: id, text: tokenizer.spelling(of: id), logit: Double(logits[id]) - mean)
    }
    return LensReading.Ends(
      top: order.prefix(count).map(entry), bottom: order.suffix(count).reversed().map(entry))
  }

  // MARK: - By example

  /// Runs a text up to the dictionary's hook and finds the region of every token.
  ///
  /// - Parameter isChat: render the text as the dictionary's prompts were, or else by the model's own template.
  package func regions(
    of text: String, in dictionary: DictionaryFile, isChat: Bool
  ) throws -> [ExampleToken] {
    try check(dictionary)
    guard let name = dictionary.provenance.hook else {
      throw ExperimentError(
        .missing, "the dictionary does not say which hook it was built at", file: dictionary.name)
    }
    let hook = try HookPoint(name)
    var rendered = text
    var tokens: TokenizedText
    if isChat {
      let chat = try tokenizer.render(text, as: TemplateRecord(dictionary.provenance))
      tokens = tokenizer.encodeWithOffsets(chat)
      rendered = chat.text
    } else {
      tokens = tokenizer.encodeWithOffsets(text, addSpecial: true, parseSpecial: false)
    }
    let limit = engine.description.contextLength
    tokens.ids = Array(tokens.ids.prefix(limit))
    guard !tokens.ids.isEmpty else { return [] }
    let rows =
      try engine.forward(.tokens([tokens.ids]), reading: [hook], logits: .none).hooks[hook]
      ?? []
    var assigner = RegionAssigner(
      centre: try dictionary.centre(), exemplars: try dictionary.exemplarRows(), threads: 1)
    let found = assigner.assign(ActivationBatch(rows: rows, count: tokens.ids.count))
    let bytes = Array(rendered.utf8)
    return tokens.ids.indices.map { index in
      let start = index == 0 ? 0 : tokens.ends[index - 1]
      let end = max(start, min(tokens.ends[index], bytes.count))
      return ExampleToken(
        position: index, text: String(decoding: bytes[start..<end], as: UTF8.self),
        region: Int(found.ids[index]), distance: Double(found.distances[index]))
    }
  }
}

extension Tokenizer {
  /// A prompt rendered as recorded, or, where nothing is, by the model's own template.
  package func render(_ prompt: String, as record: TemplateRecord?) throws -> RenderedChat {
    let (template, system) =
      try record?.template(self) ?? (try ChatTemplate(of: self), SystemTurn.templateDefault)
    return try template.render(prompt: prompt, system: system)
  }
}

/// What an exemplar says through the unembedding.
package struct LensReading: Sendable, Equatable {
  package struct Entry: Sendable, Equatable {
    package var id: Int
    /// As the tokenizer spells it.
    package var text: String
    /// Above the mean over the vocabulary.
    package var logit: Double

    package init(id: Int, text: String, logit: Double) {
      self.id = id
      self.text = text
      self.logit = logit
    }
  }

  /// The tokens that a direction points to.
  package struct Ends: Sendable, Equatable {
    /// The largest first.
    package var top: [Entry]
    /// The smallest first.
    package var bottom: [Entry]

    package init(top: [Entry], bottom: [Entry]) { (self.top, self.bottom) = (top, bottom) }
  }

  package var region: Int
  /// The weights that it was read through.
  package var basis = ""
  package var exemplar: Ends
  package var mean: Ends
  /// Of the two directions.
  package var cosine: Double

  package init(region: Int, basis: String = "", exemplar: Ends, mean: Ends, cosine: Double) {
    (self.region, self.basis) = (region, basis)
    (self.exemplar, self.mean, self.cosine) = (exemplar, mean, cosine)
  }
}

/// A token of a text of one's own, and the region that its activation is nearest to.
package struct ExampleToken: Sendable, Equatable {
  package var position: Int
  package var text: String
  package var region: Int
  /// Cosine distance to the region's exemplar.
  package var distance: Double

  package init(position: Int, text: String, region: Int, distance: Double) {
    self.position = position
    self.text = text
    self.region = region
    self.distance = distance
  }
}
