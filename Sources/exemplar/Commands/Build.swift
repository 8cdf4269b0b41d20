import ArgumentParser
import ExemplarPartitioning
import Experiments
import Foundation
import Numerics
import Storage
import TensorFiles

struct Build: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Calibrate on activations and build a dictionary.",
    discussion: """
      ACTIVATIONS is a folder of the reference's shard_*.npz (a file is a batch), or one .npy, .npz or .safetensors \
      of rows [n, D], or an .epstore. Batch boundaries matter to a build and are recorded.

      A store is read at --hook, 16 documents a batch with position 0 left out (or, with --positions last, 64 final \
      positions a batch), in the order it was captured in; with --seed S its documents are shuffled first, as the \
      reference shuffles a list of prompts with that seed; --documents-per-batch, --max-tokens and --max-documents cut \
      it otherwise. Where a store records splits, the train split is taken: \
      prompts that are held out are not to be among a dictionary's own.

      --as-reference builds as the reference's script does: \(Self.scriptDocuments) documents a batch in the stored \
      order, a calibration on the first documents, a build on those after them, to a batch that founds nothing or \
      \(Self.scriptTokens) tokens. What is given beside it counts. Its shards are what it built from, so \
      they need --calibration.

      With --model and --text or --prompts in the place of ACTIVATIONS the model reads, and no activation is kept on a disk: \
      the dictionary is the one of a store that `exemplar capture` makes of the same input, hook and limits in f32. The \
      model reads the beginning twice to calibrate, everything to build, and everything again for the sampled members; what \
      fits in \(ModelStream.keptBytes >> 20) MB of memory is read once. Interrupted in any way, the same command goes on \
      from OUTPUT.checkpoint, which is removed at the end.

      With --metadata, a table says what the rows of a single file are: a line a row, as many as there are rows. \
      A row without a text has its document's; a token is marked where positions from 0 on make up the text, or its \
      text has it once.

      With --json: one object.

      Example:
      exemplar build sample-dicts/smollm2-refusal.epstore --hook \\
        blocks.16.hook_resid_post --positions last -o mine.epdict
      exemplar build --model MODEL.gguf --text corpus.txt --hook \\
        blocks.16.hook_resid_post -o mine.epdict
      """)

  @Argument(
    help: """
      Shards, a file of rows [n, D], or a store (STORE#SET,SET takes sets); not with --text and --prompts.
      """)
  var activations: String?

  @OptionGroup var output: OutputPath

  @Option(
    help: """
      all; last: one activation a prompt, at its final position; or content: all but the tokens of the chat template, of a \
      store that says which those are.
      """)
  var positions: Positions = .all

  @Option(help: "p: θ is the mean over batches of this percentile of the pairwise distances.")
  var percentile: Double?

  @Option(
    help: "Take centre and θ from a dictionary, or from the reference's calibration cache (.npz).")
  var calibration: String?

  @Option(
    help: ArgumentHelp(
      "Also write the calibration as the reference's cache.", valueName: "file.npz"))
  var writeCalibration: String?

  @Flag(help: "Build as the reference's script does, so that its dictionary can be built again.")
  var asReference = false

  @Option(help: "Documents of a batch, for a store; without it 16, or 64 final positions.")
  var documentsPerBatch: Int?

  @Option(
    help: """
      Of a store: stop with the batch that reaches so many tokens, first positions counted. Of --text: stop before the \
      context that would make their tokens more, as a capture does (not with --as-reference).
      """)
  var maxTokens: Int?

  @Option(
    help: """
      Of a store: build from no more documents than this. Of --text: read at most this many contexts, as a capture does \
      (not with --as-reference).
      """)
  var maxDocuments: Int?

  @Option(
    help: """
      Calibrate on at least this many activations, to the end of a batch; without it \
      \(DictionaryBuildRequest.calibrationActivations).
      """)
  var calibrationActivations: Int?

  @Option(
    help: "Rows of a batch, for a single file; without it \(ActivationSource.defaultBatchSize).")
  var batchSize: Int?

  @Option(
    help: ArgumentHelp(
      """
      What the rows of a single file are, a line each: text, token, document, position and any further fields (JSON \
      Lines, CSV, TSV or Parquet). They become contexts, are searched, and are asked about by --where and f.
      """, valueName: "file"))
  var metadata: String?

  @Flag(
    help: ArgumentHelp(
      "Compute the products that bounds spare too, and end where the two would differ.",
      visibility: .hidden))
  var checkBounds = false

  @Flag(help: "Merge regions whose exemplars lie within θ of each other.")
  var mergeClose = false

  @Option(help: "Drop regions with fewer members at the end.")
  var minMembers = 1

  @Option(help: "Stop after this many batches in a row that founded nothing.")
  var saturationWindow: Int?

  @Option(
    help:
      "Shuffles a store's documents (not with --as-reference), and decides which members are sampled for display."
  )
  var seed: UInt64?

  @Option(help: "Take only these prompt sets of a store, separated by commas: harmful,benign.")
  var sets: String?

  @Option(
    help:
      "The split of a store: train (where it records splits, taken without asking), all, or a name."
  )
  var split: String?

  @Option(
    help: """
      The model that reads --text and --prompts; else for the record, where the activations do not say it; a path is hashed.
      """)
  var model: String?

  @Option(help: "The PEFT LoRA of that model, applied or for the record likewise.")
  var adapter: String?

  @OptionGroup var input: InputOptions
  @OptionGroup var templates: TemplateOptions
  @OptionGroup var running: EngineOption
  @OptionGroup var rotary: RotaryOption

  @Option(
    help: """
      The hook point, blocks.12.hook_resid_post: read of the model, chosen from a store, or else for the record.
      """)
  var hook: String?

  @Option(
    help: ArgumentHelp(
      "Seconds between two saves of a build that a model reads for.", visibility: .hidden))
  var checkpointSeconds: Double = 60

  @OptionGroup var threadCount: ThreadCount
  @OptionGroup var style: OutputStyle

  func validate() throws {
    if let percentile, !(percentile > 0 && percentile < 100) {
      // The value is input like any other: its error is exit code 1, not the parser's.
      return
    }
    guard batchSize ?? 1 > 0 else { throw ValidationError("expected a positive --batch-size") }
    guard minMembers > 0 else { throw ValidationError("expected a positive --min-members") }
    guard calibrationActivations ?? 2 > 1 else {
      throw ValidationError("expected --calibration-activations of at least 2")
    }
    guard saturationWindow ?? 1 > 0 else {
      throw ValidationError("expected a positive --saturation-window")
    }
    for (name, value) in [
      ("--documents-per-batch", documentsPerBatch), ("--max-tokens", maxTokens),
      ("--max-documents", maxDocuments),
    ] where value ?? 1 < 1 {
      throw ValidationError("expected a positive \(name)")
    }
    guard !asReference || positions != .content else {
      throw ValidationError("--as-reference has all or final positions, not --positions content")
    }
    guard percentile == nil || calibration == nil else {
      throw ValidationError("--percentile and --calibration exclude each other")
    }
    guard calibrationActivations == nil || calibration == nil else {
      throw ValidationError("--calibration-activations and --calibration exclude each other")
    }
    try validateInput()
  }

  func run() throws {
    let percentile = percentile ?? 10
    guard percentile > 0 && percentile < 100 else {
      throw ExperimentError(
        .invalidValue, "expected a percentile in (0, 100), found \(percentile)",
        file: "--percentile")
    }
    try output.check(suffix: "epdict")
    if let writeCalibration { try checkCalibrationOutput(writeCalibration) }
    Interruption.watch()
    guard let activations else { return try runFromModel(percentile: percentile) }
    let (url, sets) = try SetSelector.parse(activations, sets: sets)
    let isStore = ActivationSource.isStore(url)
    guard isStore || split == nil else {
      throw ExperimentError(
        .unknownLayout, "--split needs a store, found other activations",
        file: url.lastPathComponent)
    }
    try checkReference(url, isStore: isStore)
    let split = try split ?? (isStore ? StoreFile(url).standardSplit(ofSets: sets) : nil)
    let described = metadata.map { URL(filePath: $0) }
    let metadata = try described.map { try RowMetadata($0) }
    var selection = selection(
      hook: isStore ? hook : nil, sets: sets, split: split, isOfDocuments: isStore)
    selection.allowsUnfinished = isStore
    let source = try ActivationSource(
      url, positions: positions, batchSize: batchSize, metadata: metadata, selection: selection)
    if isStore, let unfinished = try StoreFile(url).unfinishedWords {
      StandardError.print("note: \(oneLine(unfinished))")
    }
    var given = source.recorded.provenance
    given.split = isStore ? split : nil
    try ProvenanceByHand(model: model, hook: isStore ? nil : hook, adapter: adapter)
      .apply(to: &given, of: url.lastPathComponent)
    let request = try request(source, percentile: percentile, given, isOfDocuments: isStore)
    let line = ProgressLine(isQuiet: style.quiet)
    // Hashed now: a build takes its time, and the table may change meanwhile.
    let table = try described.map {
      ($0.lastPathComponent, SHA256.hexDigest(of: try MappedFile($0)))
    }
    var result = try ExperimentError.calibrating(on: source) {
      try DictionaryBuild.run(request) { progress in
        try Interruption.check()
        line.show(
          "\(progress.stage.rawValue): \(quantity(progress.activations, "activation")), \(quantity(progress.regions, "region"))"
        )
      }
    }
    if let table { (result.provenance.metadata, result.provenance.metadataHash) = table }
    try write(result)
    line.clear()
    if let unmarked = metadata?.unmarked, let first = unmarked.first {
      StandardError.print(
        "note: \(unmarked.count) of \(result.activations) tokens are not marked: their text has them nowhere, or at "
          + "several places that positions do not tell apart; the first is \(oneLine(first.description))"
      )
    }
    BuiltDictionaryRecord(try DictionaryFile(output.url), seconds: line.seconds)
      .print(style, selection: result.selectionWords)
  }
}

extension Build {
  /// - Parameters:
  ///   - split: as asked for, or the one that is usual.
  ///   - isOfDocuments: whether documents are taken, and not rows.
  func selection(
    hook: String?, sets: [String]?, split: String?, isOfDocuments: Bool
  ) -> StoreSelection {
    var selection = StoreSelection(
      hook: hook, sets: sets, split: split == StoreSelection.allSplits ? nil : split,
      shuffleSeed: isOfDocuments && !asReference ? seed : nil)
    selection.documentsPerBatch =
      documentsPerBatch ?? (asReference && isOfDocuments ? Self.scriptDocuments : nil)
    return selection
  }

  /// What is to be built of a source.
  ///
  /// - Parameter given: what is known of the model and the like.
  func request(
    _ source: ActivationSource, percentile: Double, _ given: DictionaryProvenance,
    isOfDocuments: Bool
  ) throws -> DictionaryBuildRequest {
    let taken = try calibration.map { try CalibrationFile.open(URL(filePath: $0)) }
    if let given = taken?.0, let path = writeCalibration {
      try CalibrationFile.checkWritable(given, URL(filePath: path))
    }
    if let dictionary = taken?.of { try source.checkFits(dictionary) }
    var request = DictionaryBuildRequest(
      source: source,
      calibration: (taken?.0).map { .given($0) }
        ?? .percentile(
          percentile,
          activations: calibrationActivations ?? DictionaryBuildRequest.calibrationActivations),
      options: BuildOptions(
        mergeClose: mergeClose, minimumMembers: minMembers,
        saturationWindow: saturationWindow ?? (asReference ? 1 : nil),
        seed: seed ?? 0, threads: threadCount.threads,
        bounds: checkBounds ? .checked : .adaptive),
      provenance: given)
    request.followsCalibration = asReference && isOfDocuments
    request.maxTokens = maxTokens ?? (asReference && isOfDocuments ? Self.scriptTokens : nil)
    request.maxDocuments = maxDocuments
    return request
  }

  func write(_ result: DictionaryBuildResult) throws {
    try DictionaryWriter.write(
      result.dictionary, provenance: result.provenance, tokenEnds: result.tokenEnds,
      rows: result.rows, to: output.url, overwrite: output.overwrite)
    if let writeCalibration {
      try CalibrationFile.write(result.calibration, to: URL(filePath: writeCalibration))
    }
  }

  /// Prompts of a batch of the reference's script, its `--model-batch-size`.
  static let scriptDocuments = 128
  /// Its `--max-tokens`.
  static let scriptTokens = 1_000_000

  /// What only a store can be cut by, and what shards of the reference do not hold.
  private func checkReference(_ url: URL, isStore: Bool) throws {
    guard !isStore else { return }
    let options: [(String, Int?)] = [
      ("--documents-per-batch", documentsPerBatch), ("--max-tokens", maxTokens),
      ("--max-documents", maxDocuments),
    ]
    if let (name, _) = options.first(where: { $0.1 != nil }) {
      throw ExperimentError(
        .unknownLayout, "\(name) needs a store, found other activations",
        file: url.lastPathComponent)
    }
    guard asReference else { return }
    guard (try? url.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) == true else {
      throw ExperimentError(
        .unknownLayout,
        "--as-reference needs a store or the reference's shards, found other activations",
        file: url.lastPathComponent)
    }
    guard calibration != nil else {
      throw ExperimentError(
        .missing,
        "shards hold what the reference built from, after what it calibrated on: --as-reference needs --calibration beside them",
        file: url.lastPathComponent)
    }
  }

  private func checkCalibrationOutput(_ path: String) throws {
    try OutputPath.check(path, ["npz"])
    guard output.overwrite || !FileManager.default.fileExists(atPath: path) else {
      throw StorageError(
        .exists, "exists already; --overwrite replaces it",
        file: URL(filePath: path).lastPathComponent)
    }
  }
}

extension Positions: ExpressibleByArgument {}
