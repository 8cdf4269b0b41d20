import ArgumentParser
import Experiments
import Foundation
import Storage
import TensorFiles

struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turn a reference pickle into a dictionary, or others' activations into a store.",
    discussion: """
      A pickle is interpreted, never executed: the numpy reconstructions and the reference's own classes, under \
      their current and their first names, and nothing else. A folder becomes a store: the reference's shard_*.npz \
      (with --hook), or documents.jsonl with safetensors.

      What NAME_metadata.json says beside NAME.pkl (model, hook, p, seed, batches, growth) is recorded, as published \
      dictionaries have it; where it is of another dictionary than the pickle, both are shown and nothing is written. Without \
      it a pickle says nothing of the model, the hook, p or the seed: what is given here is recorded as given by hand, and \
      counts as if it had been recorded. A model or an adapter that is a path is recorded with the hash of its weights.

      With --json: one object.

      Example:
      exemplar import DICTIONARY.pkl --model google/gemma-2-2b --hook \\
        blocks.12.hook_resid_post -o gemma.epdict
      """)

  @Argument(help: "A pickled Dictionary (.pkl), or a folder of activations.")
  var input: String

  @Option(help: "The hook point that a pickle was built at, or shards were captured at.")
  var hook: String?

  @Option(help: "The model, for the record: a name, or the path of its weights.")
  var model: String?

  @Option(help: "The PEFT LoRA of that model, for the record: a name, or its folder.")
  var adapter: String?

  @Option(help: "p of a pickle's calibration, for the record.")
  var percentile: Double?

  @Option(help: "The seed that a pickle was built with, for the record.")
  var seed: UInt64?

  @Option(help: "What computed a folder's activations, for the record: 'transformers 4.57'.")
  var engine: String?

  @Option(help: "The type that a folder's activations are kept in; f32 without it.")
  var dtype: Capture.StoreType?

  @Flag(help: "Do not read the metadata beside a pickle.")
  var noMetadata = false

  @OptionGroup var output: OutputPath
  @OptionGroup var style: OutputStyle

  func run() throws {
    if let percentile, !(percentile > 0 && percentile < 100) {
      throw ExperimentError(
        .invalidValue, "expected a percentile in (0, 100), found \(percentile)",
        file: "--percentile")
    }
    let url = URL(filePath: input)
    var isFolder: ObjCBool = false
    let path = url.path(percentEncoded: false)
    guard access(path, F_OK) == 0 else {
      throw StorageError(.missing, "no such file or folder", file: input)
    }
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      guard percentile == nil, seed == nil, !noMetadata else {
        throw ExperimentError(
          .invalidValue,
          "--percentile, --seed and --no-metadata are of a pickled dictionary, found a folder",
          file: url.lastPathComponent)
      }
      return try importFolder(url)
    }
    guard engine == nil, dtype == nil else {
      throw ExperimentError(
        .invalidValue, "--engine and --dtype are of a folder of activations, found a file",
        file: url.lastPathComponent)
    }
    try output.check(suffix: "epdict")
    Interruption.watch()
    let line = ProgressLine(isQuiet: style.quiet)
    var source = try PickleImport(url, isMetadataRead: !noMetadata)
    try ProvenanceByHand(
      model: model, hook: hook, adapter: adapter, percentile: percentile, seed: seed
    ).apply(to: &source.provenance, of: url.lastPathComponent)
    try source.write(to: output.url, overwrite: output.overwrite) { done, count in
      try Interruption.check()
      line.show("importing: \(done) of \(count) regions")
    }
    line.clear()
    BuiltDictionaryRecord(try DictionaryFile(output.url), seconds: line.seconds).print(style)
  }

  private func importFolder(_ folder: URL) throws {
    try OutputPath.check(output.output, ["epstore"])
    Interruption.watch()
    let line = ProgressLine(isQuiet: style.quiet)
    var provenance = StoreProvenance()
    let isPlain = StoreImport.isPlain(folder)
    var given =
      isPlain
      ? try StoreImport.recorded(of: folder) : try ActivationSource(folder).recorded.provenance
    try ProvenanceByHand(model: model, hook: isPlain ? nil : hook, adapter: adapter)
      .apply(to: &given, of: folder.lastPathComponent)
    (provenance.model, provenance.modelHash) = (given.model, given.modelHash)
    (provenance.adapter, provenance.adapterHash) = (given.adapter, given.adapterHash)
    provenance.engine = engine
    provenance.created = Capture.date()
    let type = dtype.flatMap { ElementType(rawValue: $0.rawValue) } ?? .f32
    func show(_ documents: Int) throws {
      try Interruption.check()
      line.show("importing: \(quantity(documents, "document"))")
    }
    let store: StoreFile
    if isPlain {
      guard hook == nil else {
        throw ExperimentError(
          .invalidValue, "--hook is of shards; these tensors are named by their hooks",
          file: folder.lastPathComponent)
      }
      store = try StoreImport.plain(
        folder, elementType: type, classifier: .exemplar, provenance: provenance, to: output.url,
        overwrite: output.overwrite, progress: show)
    } else {
      guard let hook = given.hook else {
        throw ExperimentError(
          .missing, "the shards do not say which hook they are of; give it with --hook",
          file: folder.lastPathComponent)
      }
      store = try StoreImport.shards(
        folder, hook: hook, elementType: type, provenance: provenance, to: output.url,
        overwrite: output.overwrite, progress: show)
    }
    line.clear()
    if style.json {
      JSONValue(encoding: ImportedStoreRecord(store, seconds: line.seconds)).print()
    } else {
      print(
        "\(oneLine(store.name)): \(quantity(store.documentCount, "document")), \(quantity(store.rowCount, "activation")), \(formatted(line.seconds)) s"
      )
    }
  }
}
