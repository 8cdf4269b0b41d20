import ArgumentParser
import Experiments
import Explorer
import Foundation
import LanguageModel
import Storage
import TensorFiles

struct Explore: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Open the explorer (the default).",
    discussion: """
      PATH is a dictionary, or a folder that is searched for them; by default this one. Published dictionaries in the hub \
      cache are listed, too.

      Example:
      exemplar sample-dicts
      """)

  @Argument(help: "Dictionaries (.epdict, reference .pkl) or folders.")
  var paths: [String] = []

  @Option(help: "A theme by name, whatever the settings and the terminal's background.")
  var theme: String?

  @Option(
    help: """
      Weights for what needs them: a .gguf file, a hub-style folder, or a name in the hub cache. Without it, the file \
      that a store names is looked for beside it and in the cache folder.
      """)
  var model: String?

  @Option(
    help: "The PEFT LoRA of that model (a folder); without it, found by the hash that is recorded.")
  var adapter: String?

  @OptionGroup var running: EngineOption
  @OptionGroup var other: OtherModelOption

  @Option(help: "The hook of dictionaries that do not record theirs.")
  var hook: String?

  @Option(help: "A captured store (.epstore); without it, one that lies beside the dictionary.")
  var store: String?

  @Option(help: "The region to show first, where one dictionary is opened.")
  var region: Int?

  @Flag(help: "Print the id of the region chosen with Enter, and leave.")
  var pick = false

  @Flag(
    inversion: .prefixedNo,
    help: "Record the session, all that is typed in it too, for “exemplar replay”.")
  var record = false

  func validate() throws {
    guard region ?? 0 >= 0 else { throw ValidationError("expected --region of 0 or more") }
  }

  /// What was named and is not there is told before the screen is taken: in the explorer it would only be missed later.
  private func checkNames() throws {
    for path in paths { try MissingPath.check(path) }
    if let region, !isOneDictionary {
      throw ValidationError(
        "--region \(region): expected one dictionary to show it of, found "
          + (paths.count > 1 ? "\(paths.count) paths" : "a folder to look for them in"))
    }
    let isElsewhere = try chosenEngine() != nil
    if let model, !isElsewhere { _ = try ModelFiles.find(model) }
    if let store { _ = try StoreFile(URL(filePath: store)) }
    if let adapter, !isElsewhere {
      let settings = URL(filePath: adapter).appending(path: "adapter_config.json")
      guard FileManager.default.fileExists(atPath: settings.path(percentEncoded: false)) else {
        throw StorageError(
          .missing, "expected the folder of a PEFT LoRA, with adapter_config.json", file: adapter)
      }
    }
  }

  /// The engine of the command line, or else that of the settings. A mistake there is told by the explorer itself.
  private func chosenEngine() throws -> EngineChoice? {
    if running.isGiven { return try running.choice() }
    guard let settings = try? Configuration(folder: try? UserFolders.config()),
      let named = settings.engine
    else { return nil }
    return try EngineChoice(named, in: settings)
  }

  /// Whether what is opened is known before it is looked for.
  private var isOneDictionary: Bool {
    guard paths.count == 1 else { return false }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: paths[0], isDirectory: &isFolder) else {
      return false
    }
    let inside = URL(filePath: paths[0]).appending(path: "dictionary.sqlite")
    return !isFolder.boolValue
      || FileManager.default.fileExists(atPath: inside.path(percentEncoded: false))
  }

  func run() throws {
    try checkNames()
    let urls = (paths.isEmpty ? ["."] : paths).map { URL(filePath: $0) }
    let state = try? UserFolders.state()
    var options = ExplorerProgram.Options(
      performer: EffectPerformer.Options(
        settings: try? UserFolders.config(), memory: state, author: NSUserName()),
      theme: theme)
    options.performer.attachments = Attachments(
      model: model, adapter: adapter, store: store.map { URL(filePath: $0) }, hook: hook,
      isOtherAllowed: other.otherModel,
      modelFolders: ModelPlaces.usual().folders)
    options.performer.attachments.engine = try chosenEngine()
    options.performer.hubCache = HubFolders().cache
    options.region = region
    options.isPicking = pick
    options.recordings = record ? state?.appending(path: "sessions") : nil
    let screen = pick ? try ScreenBesidePipe() : nil
    defer { screen?.giveBack() }
    let reason = try MainActor.assumeIsolated {
      try ExplorerProgram.run(paths: urls, options: options)
    }
    screen?.giveBack()
    guard pick else { Departure.leave(0) }
    guard case .picked(let region) = reason else { Departure.leave(130) }
    print(region)
    Departure.leave(0)
  }
}
