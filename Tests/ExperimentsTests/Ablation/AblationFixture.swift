import ExemplarPartitioning
import Foundation
import LanguageModel
import Storage
import TensorFiles
import TestSupport

@testable import Experiments

/// A tiny model, a store of its activations, and a dictionary of two regions, one of which is refused.
struct AblationFixture {
  static let hook = HookPoint.residualPost(layer: 1)
  static let maxNewTokens = 5
  /// What the store says that the prompts of a region were answered.
  static let answers = [[40, 41, 42], [50, 51]]

  let folder: TemporaryFolder
  let transformer: Transformer
  let tokenizer: Tokenizer
  let dictionary: DictionaryFile
  let store: StoreFile
  /// Of every document, the template's tokens included.
  let tokens: [[Int]]

  struct Options {
    var hash: String? = "aa11"
    /// What the store says that the model's own file calls it.
    var modelName: String?
    var dictionaryHash: String? = "aa11"
    var hook: String? = AblationFixture.hook.name
    var threshold = 0.5
    var outcomes = true
    /// Every prompt is answered as those of this region.
    var everyAnswer: Int?
    var split = true
    /// The second region's exemplar is the first's.
    var twins = false
  }

  init(_ options: Options = Options()) throws {
    folder = try TemporaryFolder()
    transformer = try Transformer(
      ModelDescription(.hub(Fixtures.url("models/tiny-llama"))), threads: 1)
    tokenizer = try TokenizerLoader.fromTokenizerJSON(
      Fixtures.url("tokenizer-variants/digits.tokenizer.json"))
    tokens = (0..<32).map { index in
      [1, 7, 9] + (0..<(2 + index % 4)).map { 20 + (index * 37 + $0 * 11) % 200 } + [2, 8]
    }
    let output = try transformer.forward(
      .tokens(tokens), reading: [Self.hook], logits: .none)
    let rows = output.hooks[Self.hook] ?? []
    let width = transformer.configuration.hiddenSize
    var lastRows: [[Float]] = []
    var firstRow = 0
    for ids in tokens {
      let last = firstRow + ids.count - 1
      lastRows.append(Array(rows[last * width..<(last + 1) * width]))
      firstRow += ids.count
    }
    let centre = (0..<width).map { d in
      lastRows.reduce(0) { $0 + $1[d] } / Float(lastRows.count)
    }
    func unit(_ row: [Float]) -> [Float] {
      let centred = zip(row, centre).map(-)
      let norm = centred.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return centred.map { $0 / norm }
    }
    let first = unit(lastRows[0])
    let second = options.twins ? first : first.map { -$0 }
    let regions = (0..<2).map {
      Region(
        memberCount: 16 + $0, coherence: 0.8, sumDistance: 1, sumSquaredDistance: 1,
        members: [])
    }
    let means = unit(lastRows[4]) + unit(lastRows[5])
    let made = ExemplarDictionary(
      centre: centre, threshold: options.threshold, exemplars: first + second,
      means: options.twins ? first + second : means, regions: regions)
    var provenance = DictionaryProvenance()
    provenance.hook = options.hook
    provenance.modelHash = options.dictionaryHash
    let url = folder.file("tiny.epdict")
    try DictionaryWriter.write(made, provenance: provenance, to: url)
    dictionary = try DictionaryFile(url)

    var assigner = RegionAssigner(made, threads: 1)
    let ids = assigner.assign(
      ActivationBatch(rows: lastRows.flatMap(\.self), count: lastRows.count)
    ).ids
    var origin = StoreProvenance()
    origin.model = "tiny"
    origin.modelHash = options.hash
    origin.modelName = options.modelName
    origin.maxNewTokens = Self.maxNewTokens
    let writer = try StoreWriter(
      folder.file("tiny.epstore"), provenance: origin,
      hooks: [StoreHook(name: Self.hook.name, dimension: width)], elementType: .f32)
    let texts = ["I cannot help with that.", "Here is how you do it: first, take a cloth."]
    var entries: [StoreUnit.Entry] = []
    for (index, prompt) in tokens.enumerated() {
      let answer = options.everyAnswer ?? Int(ids[index])
      let role = index % 2 == 0 ? "harmful" : "benign"
      entries.append(
        StoreUnit.Entry(
          document: StoreDocument(
            id: "\(role)-\(index)", kind: .prompt, set: role,
            split: options.split ? (index < 20 ? "train" : "heldout") : nil,
            prompt: "prompt \(index)", text: "prompt \(index)", rowCount: prompt.count,
            tokenCount: prompt.count),
          tokens: StoreTokens(ids: prompt.map(Int32.init), ends: nil),
          continuations: options.outcomes
            ? [
              StoreContinuation(
                text: texts[answer], tokens: Self.answers[answer].map(Int32.init),
                ending: "endToken")
            ] : []))
    }
    try writer.append(StoreUnit(entries: entries, rows: [rows]))
    try writer.finish()
    store = try StoreFile(folder.file("tiny.epstore"))
  }

  func material() throws -> AblationMaterial { try AblationMaterial(store) }

  func subject() throws -> AblationSubject {
    try AblationSubject(
      dictionary, dictionary: try dictionary.load(), material: try material(), threads: 1)
  }

  func model(hash: String = "aa11") -> AblationModel {
    AblationModel(
      engine: transformer, tokenizer: tokenizer, name: "tiny", modelHash: hash,
      adapterHash: nil)
  }

  func runner(model: Bool = true) throws -> AblationRunner {
    try AblationRunner(try subject(), model: model ? self.model() : nil, threads: 1)
  }
}
