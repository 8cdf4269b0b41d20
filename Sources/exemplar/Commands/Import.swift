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
      """)

  @Argument(help: "A pickled Dictionary (.pkl), or a folder of activations.")
  var input: String

  @Option(help: "The hook point that shards were captured at.")
  var hook: String?

  @Option(help: "The model's name, for the record.")
  var model: String?

  @Option(help: "What computed the activations, for the record: 'transformers 4.57'.")
  var engine: String?

  @Option(help: "The type that activations are kept in.")
  var dtype = Capture.StoreType.f32

  @OptionGroup var output: OutputPath
  @OptionGroup var style: OutputStyle

  func run() throws {
    let url = URL(filePath: input)
    var isFolder: ObjCBool = false
    let path = url.path(percentEncoded: false)
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      return try importFolder(url)
    }
    try output.check()
    let line = ProgressLine(isQuiet: style.quiet)
    let hash = DictionaryLocation.hash(try MappedFile(url))
    let dictionary = try ReferencePickle.read(url)
    try DictionaryWriter.write(
      dictionary, provenance: DictionaryLocation.provenance(ofPickle: url, hash: hash),
      to: output.url, overwrite: output.overwrite)
    DictionarySummary(file: try DictionaryFile(output.url), seconds: line.seconds).print(style)
  }

  private func importFolder(_ folder: URL) throws {
    Interruption.watch()
    let line = ProgressLine(isQuiet: style.quiet)
    var provenance = StoreProvenance()
    (provenance.model, provenance.engine) = (model, engine)
    provenance.created = Capture.date()
    let type = ElementType(rawValue: dtype.rawValue) ?? .f32
    func show(_ documents: Int) throws {
      try Interruption.check()
      line.show("importing: \(documents) documents")
    }
    let store: StoreFile
    if StoreImport.isPlain(folder) {
      store = try StoreImport.plain(
        folder, elementType: type, classifier: .exemplar, provenance: provenance, to: output.url,
        overwrite: output.overwrite, progress: show)
    } else {
      let recorded = try ActivationSource(folder).recorded.provenance.hook
      guard let hook = hook ?? recorded else {
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
      JSONValue.object([
        ("documents", .integer(store.documentCount)), ("tokens", .integer(store.tokenCount)),
        ("activations", .integer(store.rowCount)),
        ("hooks", .array(store.hooks.map { .string($0.name) })),
        ("seconds", .number(line.seconds)), ("storeID", .string(store.storeID)),
        ("contentHash", .optional(store.contentHash)), ("output", .string(store.name)),
      ]).print()
    } else {
      print(
        "\(oneLine(store.name)): \(store.documentCount) documents, \(store.rowCount) activations, \(formatted(line.seconds)) s"
      )
    }
  }
}
