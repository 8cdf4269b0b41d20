import ExemplarPartitioning
import Foundation
import LanguageModel
import Storage
import TensorFiles

/// A model with its tokenizer, for what the explorer asks of weights.
package final class RegionReader: Sendable {
  package let transformer: Transformer
  package let tokenizer: Tokenizer

  package init(_ transformer: Transformer, _ tokenizer: Tokenizer) {
    self.transformer = transformer
    self.tokenizer = tokenizer
  }

  /// - Parameters:
  ///   - model: a GGUF file, a hub-style folder, or a name in the hub cache.
  ///   - adapter: a PEFT LoRA's folder.
  ///   - rotaryPrecision: as the dictionary or store records it; float32 where it does not.
  package convenience init(
    model: String, adapter: String? = nil, rotaryPrecision: String? = nil
  ) throws {
    let files = try ModelFiles.find(model)
    let tokenizer =
      switch files {
      case .gguf(let url): try TokenizerLoader.fromGGUF(metadata: try GGUFFile(url))
      case .hub(let folder):
        try TokenizerLoader.fromTokenizerJSON(folder.appending(path: "tokenizer.json"))
      }
    let transformer = try Transformer(
      try ModelDescription(files, rotaryPrecision: .init(recorded: rotaryPrecision)),
      adapter: try adapter.map { try LoRAAdapter(folder: URL(filePath: $0)) })
    self.init(transformer, tokenizer)
  }

  private func check(_ dictionary: DictionaryFile) throws {
    let width = transformer.configuration.hiddenSize
    guard dictionary.dimension == width else {
      throw ExperimentError(
        .mismatch,
        "the model's residual stream has \(width) components, the dictionary's directions "
          + "\(dictionary.dimension): not the model it was built from",
        file: dictionary.name)
    }
  }

  // MARK: - Lens

  /// The exemplar through the final norm and the unembedding: the tokens it points to most and least.
  ///
  /// The exemplar is taken at the length of the dictionary's centre, since the norm's ε makes a little of a unit
  /// vector's length. What a direction in a middle layer says of the output this way is an approximation: the layers
  /// above are left out.
  /// - Parameter count: how many of each.
  package func lens(_ dictionary: DictionaryFile, region: Int, count: Int) throws -> LensReading {
    try check(dictionary)
    let scale = Float(max(dictionary.centreNorm, 1))
    let direction = try dictionary.exemplars(rows: region..<region + 1).map { $0 * scale }
    let last = HookPoint.residualPost(layer: transformer.configuration.layerCount - 1)
    let logits = try transformer.forward(
      .residual(direction, lengths: [1], at: last), logits: .all
    ).logits
    let order = logits.indices.sorted {
      logits[$0] != logits[$1] ? logits[$0] > logits[$1] : $0 < $1
    }
    let mean = logits.reduce(0) { $0 + Double($1) } / Double(max(1, logits.count))
    func entry(_ id: Int) -> LensReading.Entry {
      LensReading.Entry(
        id: id, text: tokenizer.spelling(of: id), logit: Double(logits[id]) - mean)
    }
    return LensReading(
      region: region, top: order.prefix(count).map(entry),
      bottom: order.suffix(count).reversed().map(entry))
  }

  // MARK: - By example

  /// Runs a text up to the dictionary's hook and finds the region of every token.
  ///
  /// - Parameter isChat: put the text into the model's own chat template as a user's turn, without a system turn.
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
    if isChat, let source = tokenizer.chatTemplateSource {
      let chat = try ChatTemplate.recognise(source)
        .render([ChatMessage(.user, text)], system: .none)
      tokens = tokenizer.encodeWithOffsets(chat)
      rendered = chat.text
    } else {
      tokens = tokenizer.encodeWithOffsets(text, addSpecial: true, parseSpecial: false)
    }
    let limit = transformer.configuration.contextLength
    tokens.ids = Array(tokens.ids.prefix(limit))
    guard !tokens.ids.isEmpty else { return [] }
    let rows =
      try transformer.forward(.tokens([tokens.ids]), reading: [hook], logits: .none).hooks[hook]
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

  package var region: Int
  /// The largest first.
  package var top: [Entry]
  /// The smallest first.
  package var bottom: [Entry]

  package init(region: Int, top: [Entry], bottom: [Entry]) {
    self.region = region
    self.top = top
    self.bottom = bottom
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
