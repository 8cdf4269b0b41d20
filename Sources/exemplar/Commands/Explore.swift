import ArgumentParser
import Explorer
import Foundation
import Storage

struct Explore: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Open the explorer (the default).",
    discussion: "PATH is a dictionary, or a folder that is searched for them; by default this one.")

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

  @OptionGroup var other: OtherModelOption

  @Option(help: "The hook of dictionaries that do not record theirs.")
  var hook: String?

  @Option(help: "A captured store (.epstore); without it, one that lies beside the dictionary.")
  var store: String?

  @Option(help: "The region to show first, where one dictionary is opened.")
  var region: Int?

  @Flag(help: "Print the id of the region chosen with Enter, and leave.")
  var pick = false

  @Flag(inversion: .prefixedNo, help: "Record the session for “exemplar replay”.")
  var record = true

  func validate() throws {
    guard region ?? 0 >= 0 else { throw ValidationError("expected --region of 0 or more") }
  }

  func run() throws {
    let urls = (paths.isEmpty ? ["."] : paths).map { URL(filePath: $0) }
    let state = try? UserFolders.state()
    var options = ExplorerProgram.Options(
      performer: EffectPerformer.Options(
        settings: try? UserFolders.config(), memory: state, author: NSUserName()),
      theme: theme)
    options.performer.attachments = Attachments(
      model: model, adapter: adapter, store: store.map { URL(filePath: $0) }, hook: hook,
      isOtherAllowed: other.otherModel,
      modelFolders: [try? UserFolders.cache().appending(path: "models")].compactMap(\.self))
    options.region = region
    options.isPicking = pick
    options.recordings = record ? state?.appending(path: "sessions") : nil
    let screen = pick ? try ScreenBesidePipe() : nil
    defer { screen?.giveBack() }
    let reason = try MainActor.assumeIsolated {
      try ExplorerProgram.run(paths: urls, options: options)
    }
    screen?.giveBack()
    if pick {
      guard case .picked(let region) = reason else { throw ExitCode(130) }
      print(region)
    }
  }
}
