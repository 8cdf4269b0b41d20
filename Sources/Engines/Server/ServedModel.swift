import LanguageModel

/// A model that our own engine serves.
struct ServedModel {
  let files: ModelFiles
  let transformer: Transformer
  private let held = Held()

  /// The tokenizer, once it was asked for.
  private final class Held {
    var tokenizer: Tokenizer?
  }

  init(files: ModelFiles, transformer: Transformer) {
    (self.files, self.transformer) = (files, transformer)
  }

  func tokenizer() throws -> Tokenizer {
    if let tokenizer = held.tokenizer { return tokenizer }
    let tokenizer = try files.tokenizer()
    held.tokenizer = tokenizer
    return tokenizer
  }

  /// What the protocol calls the model's description.
  func reply(
    _ reply: WireReply, _ identity: EngineServer.Identity, adapter: String?, version: String
  ) -> WireReply {
    var reply = reply
    let model = transformer.description
    reply.engine = EngineDescription.served(by: "exemplar \(version)")
    (reply.device, reply.dtype) = ("cpu", "float32")
    reply.model = files.url.lastPathComponent
    reply.architecture = model.family
    (reply.modelHash, reply.adapterHash) = (identity.modelHash, identity.adapterHash)
    reply.adapter = adapter
    reply.rotaryPrecision = model.rotaryPrecision?.rawValue
    reply.rotarySettings = transformer.configuration.rotarySettings
    (reply.layers, reply.width) = (model.layerCount, model.hiddenSize)
    (reply.vocabulary, reply.context) = (model.vocabularySize, model.contextLength)
    reply.stops = (try? tokenizer()).map { $0.stopIDs.sorted() }
    reply.hooks = model.allHooks.map { WireHook(name: $0.name, width: model.width(at: $0)) }
    reply.startsFrom = model.allHooks.filter(model.canStart).map(\.name)
    reply.can = ["ablate", "steer", "replace", "lens", "sample"]
    return reply
  }
}
