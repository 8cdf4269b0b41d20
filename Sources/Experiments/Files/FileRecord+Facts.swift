import LanguageModel
import Storage
import TensorFiles

extension FileRecord {
  struct TensorFacts: Encodable {
    var type: String
    var shape: [Int]

    init(_ type: String?, _ shape: [Int]) { (self.type, self.shape) = (type ?? "object", shape) }
  }

  struct SafetensorsFacts: Encodable {
    @Inline var tensors: OrderedFields<TensorFacts>
    @Inline var metadata: OrderedFields<String>

    init(_ file: SafetensorsFile) {
      tensors = OrderedFields(
        file.names.compactMap { name in
          let facts =
            file.tensors[name].map { TensorFacts($0.elementType.rawValue, $0.shape) }
            ?? file.unread[name].map { TensorFacts($0.dtype.lowercased(), $0.shape) }
          return facts.map { (name, $0) }
        })
      metadata = OrderedFields(file.metadata.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    }
  }

  struct DictionaryFacts: Encodable {
    /// What those who published it say of it, by the names that we give the same of ours.
    struct Published: Encodable {
      var regions: Int?
      var theta: Double?
      var activations: Int?
      var tokens: Int?
      var prompts: Int?
      var saturated: Bool?
      var model: String?
      var hook: String?
      var percentile: Double?
      var seed: UInt64?
      var contextLength: Int?
      var batchSize: Int?
      var maxTokens: Int?
      var calibrationTokens: Int?
      var snapshots: Int
      var file: String

      init(_ published: PublishedMetadata) {
        (regions, theta, activations) = (
          published.regions, published.threshold, published.activations
        )
        (tokens, prompts, saturated) = (published.tokens, published.prompts, published.saturated)
        (model, hook, percentile) = (published.model, published.hook, published.percentile)
        (seed, contextLength) = (published.seed, published.contextLength)
        (batchSize, maxTokens) = (published.batchSize, published.maxTokens)
        (calibrationTokens, snapshots) = (published.calibrationTokens, published.growth.count)
        file = published.file
      }
    }

    var identity: String
    var regions: Int
    var dimension: Int
    var theta: Double
    var centerNorm: Double
    var activations: Int
    var documents: Int
    var members: Int
    var membersCounted = "as streamed"
    var hashes: String?
    @Inline var provenance: OrderedFields<JSONValue>
    /// What a table says of the rows that it was built from.
    @IfAny var rowFields: [String]?
    @IfAny var verified: Bool?
    var canDo: OrderedFields<String>
    @IfAny var published: Published?

    init(_ file: DictionaryFile, verify: Bool) throws {
      if verify {
        try file.verify()
        verified = true
      }
      (identity, regions, dimension) = (file.identity, file.regionCount, file.dimension)
      (theta, centerNorm) = (file.threshold, file.centreNorm)
      (activations, documents) = (file.activationCount, file.documentCount)
      members = try file.table().memberCounts.reduce(0, +)
      hashes = file.hasHashes ? "SHA-256 of every tensor and table" : nil
      let values = recorded(file.provenance)
      provenance = OrderedFields(
        DictionaryProvenance.names.filter { $0 != "activations" }.map {
          ($0, values[$0] ?? .null)
        })
      let fields = try file.rowFields().map(\.name)
      rowFields = fields.isEmpty ? nil : fields
      canDo = OrderedFields(
        DictionaryReadiness(file).items.map { item in
          (item.task, item.needs.map { "needs \($0)" } ?? "ready")
        })
    }
  }

  struct StoreFacts: Encodable {
    struct Hook: Encodable {
      var name: String
      var dimension: Int
    }

    struct PromptSet: Encodable {
      var name: String
      var documents: Int
    }

    var storeID: String
    var contentHash: String?
    var finished: Bool
    var documents: Int
    var tokens: Int
    var activations: Int
    var continuations: Int
    var hooks: [Hook]
    var dtype: String
    var sets: [PromptSet]
    var shards: Int
    var activationBytes: Int
    @Inline var provenance: OrderedFields<JSONValue>
    @IfAny var verified: Bool?

    init(_ file: StoreFile, verify: Bool, _ check: () throws -> Void) throws {
      if verify {
        try file.verify { _ in try check() }
        verified = true
      }
      (storeID, contentHash, finished) = (file.storeID, file.contentHash, file.isFinished)
      documents = try file.takenSets == nil ? file.documentCount : file.documents().count
      (tokens, activations) = (file.tokenCount, file.rowCount)
      continuations = file.continuationCount
      hooks = file.hooks.map { Hook(name: $0.name, dimension: $0.dimension) }
      dtype = file.elementType.rawValue
      sets = try file.sets().filter { file.takenSets?.contains($0.name) ?? true }.map {
        PromptSet(name: $0.name, documents: $0.documents)
      }
      shards = file.shards.count
      activationBytes =
        file.rowCount * file.hooks.reduce(0) { $0 + $1.dimension } * file.elementType.byteCount
      let recorded = values(of: file.provenance)
      provenance = OrderedFields(StoreProvenance.names.map { ($0, recorded[$0] ?? .null) })
    }
  }

  struct ModelFacts: Encodable {
    var name: String
    var architecture: String
    var parameters: Int
    var layers: Int
    var hiddenSize: Int
    var vocabulary: Int
    var context: Int
    var rotaryPrecision: String?
    var notices: [String]
    var storedTypes: OrderedFields<Int>
    var fileBytes: Int
    var memoryBytes: Int

    init(_ files: ModelFiles) throws {
      let model = try ModelDescription(files)
      let configuration = model.configuration
      name = files.ownName ?? files.url.lastPathComponent
      (architecture, parameters) = (configuration.family, model.parameterCount)
      (layers, hiddenSize) = (configuration.layerCount, configuration.hiddenSize)
      (vocabulary, context) = (configuration.vocabularySize, configuration.contextLength)
      (rotaryPrecision, notices) = (model.rotaryPrecision?.rawValue, model.notices)
      storedTypes = OrderedFields(
        model.storedTypes.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
      (fileBytes, memoryBytes) = (model.fileByteCount, model.requiredByteCount)
    }
  }

  struct ShardFacts: Encodable {
    var activations = 0
    var dimension = 0
    var shards = 0
    var prompts = 0
    var tokenOffsets: Bool
    @Inline var provenance: OrderedFields<JSONValue>

    init(_ source: ActivationSource) throws {
      let provenance = source.recorded.provenance
      let values = recorded(provenance)
      tokenOffsets = !source.recorded.tokenEnds.isEmpty
      self.provenance = OrderedFields(
        provenance.entries.map { ($0.name, values[$0.name] ?? .string($0.value)) })
      try source.forEachBatch { batch in
        activations += batch.count
        shards += 1
        prompts += batch.documents.count
        dimension = max(dimension, batch.dimension)
        return true
      }
    }
  }
}

/// What is recorded, by name: numbers, lists and yes or no as what they are.
private func recorded(_ provenance: DictionaryProvenance) -> [String: JSONValue] {
  var recorded = values(of: provenance)
  recorded["givenByHand"] = .array(provenance.fieldsByHand.map(JSONValue.string))
  return recorded
}

private func values(of provenance: some Encodable) -> [String: JSONValue] {
  Dictionary(JSONValue(encoding: provenance).entries, uniquingKeysWith: { first, _ in first })
}
