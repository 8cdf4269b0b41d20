import ExemplarPartitioning
import Foundation
import Storage
import TestSupport
import Testing

@Suite struct PublishedMetadataTests {
  let published: PublishedFolder

  init() throws { published = try PublishedFolder() }

  private func imported() throws -> DictionaryFile {
    let output = published.root.appending(path: "\(UUID().uuidString).epdict")
    try PickleImport(published.pickle).write(to: output)
    return try DictionaryFile(output)
  }

  private func refusal() -> StorageError? { storageError { _ = try imported() } }

  @Test func `what is published beside a pickle is recorded, the hook by its layer`() throws {
    let file = try imported()
    let provenance = file.provenance
    #expect(provenance.model == "google/gemma-2-2b")
    #expect(provenance.hook == "blocks.12.hook_resid_post")
    #expect(provenance.percentile == 10)
    #expect(provenance.seed == 0)
    #expect(provenance.positions == "all")
    #expect(provenance.batching == "4 prompts a batch")
    #expect(provenance.batches == 2)
    #expect(provenance.contextLength == 128)
    #expect(provenance.tokens == 4131)
    #expect(provenance.mergeClose == false)
    #expect(provenance.maxTokens == 10_000_000 && provenance.calibrationTokens == 200_000)
    #expect(provenance.fieldsByHand == [])
    #expect(provenance.metadata == "gemma-2-2b_layer12_metadata.json")
    #expect(file.activationCount == PublishedFolder.facts.activations)
    #expect(
      try file.growth() == [
        GrowthPoint(activations: 100, documents: 4, regions: 7, newRegionRate: 0.07),
        GrowthPoint(
          activations: PublishedFolder.facts.activations, documents: 8,
          regions: PublishedFolder.facts.regions, newRegionRate: 0.0133),
      ])
  }

  @Test func `a hook that is named is taken as it is`() throws {
    try published.change(
      #""hook_name": null"#, to: #""hook_name": "blocks.12.hook_resid_pre""#)
    #expect(try imported().provenance.hook == "blocks.12.hook_resid_pre")
  }

  @Test func `an opened pickle has it too, and one that is opened after a change has the change`()
    throws
  {
    let cache = published.root.appending(path: "cache")
    let first = try DictionaryLocation.open(published.pickle, cache: cache)
    #expect(first.provenance.hook == "blocks.12.hook_resid_post")
    try published.write(PublishedFolder.metadata.replacing(#""seed": 0"#, with: #""seed": 7"#))
    #expect(try DictionaryLocation.open(published.pickle, cache: cache).provenance.seed == 7)
    try FileManager.default.removeItem(at: published.metadataFile)
    #expect(try DictionaryLocation.open(published.pickle, cache: cache).provenance.model == nil)
  }

  @Test func `metadata of another dictionary shows both and writes nothing`() throws {
    let regions = PublishedFolder.facts.regions
    try published.change(#""n_partitions": \#(regions)"#, to: #""n_partitions": 203"#)
    let error = refusal()
    #expect(error?.code == .invalid)
    #expect(error?.file == "gemma-2-2b_layer12.pkl")
    #expect(error?.message.contains("\(regions)") == true && error?.message.contains("203") == true)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: published.root.path)
        == [PublishedFolder.folder])
    let output = published.root.appending(path: "a.epdict")
    try PickleImport(published.pickle, isMetadataRead: false).write(to: output)
    #expect(try DictionaryFile(output).provenance.model == nil)
  }

  @Test(
    arguments: [
      (#""threshold": "#, #""threshold": 1"#, "threshold"),
      (#""layer": 12"#, #""layer": 20"#, "layer"),
      (#""percentile": 10.0"#, #""percentile": 8"#, "percentile"),
      (#""model_short": "gemma-2-2b""#, #""model_short": "gemma-2-2b-it""#, "model"),
      (#""hook_name": null"#, #""hook_name": "blocks.20.hook_resid_post""#, "hook"),
      (#""log_cadence": 1"#, #""log_cadence": 2"#, nil),
      (#""merge_close": false"#, #""merge_close": true"#, "merge_close"),
      (
        #""model": "google/gemma-2-2b""#, #""model": "google/gemma-2-2b-it""#,
        "google/gemma-2-2b-it"
      ),
      (#""model": "google/gemma-2-2b""#, #""model": "google/Gemma_2-2B""#, nil),
    ] as [(String, String, String?)])
  func `what contradicts the pickle or its name is refused with both`(
    _ old: String, _ new: String, _ word: String?
  ) throws {
    try published.change(old, to: new)
    let error = refusal()
    guard let word else {
      #expect(error == nil)
      return
    }
    #expect(error?.message.contains(word) == true, "\(error as Any)")
    #expect(error?.remedy != nil)
  }

  @Test func `more members than activations are refused with both`() throws {
    var text = PublishedFolder.metadata
    let snapshots = try #require(text.firstRange(of: /"snapshots": \[[^\]]*\]/))
    text.replaceSubrange(snapshots, with: #""snapshots": []"#)
    try published.write(
      text.replacing(#""n_activations": "#, with: #""n_activations": 1, "other": "#))
    #expect(refusal()?.message.contains("members") == true)
  }

  /// `null` in one section is the residual stream after the layer, and the other names something else.
  @Test(arguments: ["config", "discovery_config"])
  func `a hook that one section alone names is refused, but for the one that null stands for`(
    _ section: String
  ) throws {
    func write(_ hook: String) throws {
      let parts = PublishedFolder.metadata.split(separator: "\"discovery_config\"", maxSplits: 1)
        .map(String.init)
      let changed = [section == "config", section != "config"].enumerated().map { index, isIt in
        isIt
          ? parts[index].replacing(#""hook_name": null"#, with: #""hook_name": "\#(hook)""#)
          : parts[index]
      }
      try published.write(changed.joined(separator: "\"discovery_config\""))
    }
    try write("blocks.12.hook_mlp_out")
    let error = refusal()
    #expect(error?.message.contains("blocks.12.hook_mlp_out in \(section)") == true)
    #expect(error?.message.contains("null (blocks.12.hook_resid_post)") == true)
    try write("blocks.12.hook_resid_post")
    #expect(try imported().provenance.hook == "blocks.12.hook_resid_post")
  }

  @Test func `a value in one section is not null in the other`() throws {
    try published.write(
      PublishedFolder.metadata.replacing(#""seed": 0"#, with: #""seed": null"#, maxReplacements: 1))
    #expect(refusal()?.message == "seed is 0 in discovery_config, and null in config")
  }

  @Test(arguments: [12, 20])
  func `without a layer the names of folder and file say whose hook it is`(
    _ layer: Int
  ) throws {
    try published.write(
      PublishedFolder.metadata.replacing(#""layer": 12"#, with: #""layer": null"#)
        .replacing(
          #""hook_name": null"#, with: #""hook_name": "blocks.\#(layer).hook_resid_post""#))
    let message = refusal()?.message
    #expect((message == nil) == (layer == 12), "\(message ?? "")")
    #expect(layer == 12 || message?.contains("blocks.20.hook_resid_post") == true)
  }

  @Test func `a folder of another layer than its file is refused`() throws {
    let other = published.root.appending(path: "gemma-2-2b_L20_p10")
    try FileManager.default.moveItem(at: published.pickle.deletingLastPathComponent(), to: other)
    let pickle = other.appending(path: "\(PublishedFolder.stem).pkl")
    let error = storageError {
      try PickleImport(pickle).write(to: published.root.appending(path: "a.epdict"))
    }
    #expect(error?.message.contains("layer: the pickle's path says 20") == true)
  }

  @Test func `what the metadata does not say of merging the pickle does`() throws {
    #expect(
      try PickleImport(published.pickle).provenance.mergeClose == false)
    try published.write(
      PublishedFolder.metadata.replacing(#""merge_close": false"#, with: #""merge_close": null"#))
    #expect(try imported().provenance.mergeClose == false)
    try published.write(
      PublishedFolder.metadata.replacing(#""merge_close": false"#, with: #""x": 1"#))
    #expect(try imported().provenance.mergeClose == false)
  }

  @Test(
    arguments: [
      // Before the end, as a run that logs each tenth batch ends.
      ("[[100, 4, 7]]", 10, nil), ("[[100, 4, 21], [A, 8, 21]]", 1, nil),
      ("[[100, 4, 7], [4000, 8, 6]]", 10, "7 or more"),
      ("[[100, 4, 7], [4000, 3, 8]]", 10, "4 or more"),
      ("[[5, 4, 7]]", 10, "at most 5"), ("[[100, 4, 7], [101, 5, 9]]", 10, "at most 8"),
      ("[[100, 9, 7]]", 10, "at most the 8"), ("[[5000, 8, 7]]", 10, "at most the 4123"),
      ("[[100, 8, 22]]", 10, "22"), ("[[A, 8, 20]]", 10, "20"), ("[[100, 8, 7]]", 1, "the 4123"),
      ("[[4120, 8, 7]]", 10, "3 activations before the end"),
    ] as [(String, Int, String?)])
  func `snapshots that no build could take are refused`(
    _ points: String, _ cadence: Int, _ words: String?
  ) throws {
    let numbers = try #require(
      try JSONSerialization.jsonObject(
        with: Data(points.replacing("A", with: "\(PublishedFolder.facts.activations)").utf8))
        as? [[Int]])
    let list = numbers.map {
      #"{"n_acts": \#($0[0]), "n_prompts": \#($0[1]), "n_partitions": \#($0[2]), "new_rate": 0.1}"#
    }
    var text = PublishedFolder.metadata.replacing(
      #""log_cadence": 1"#, with: #""log_cadence": \#(cadence)"#)
    let snapshots = try #require(text.firstRange(of: /"snapshots": \[[^\]]*\]/))
    text.replaceSubrange(
      snapshots, with: #""snapshots": [\#(list.joined(separator: ", "))]"#)
    try published.write(text)
    let message = refusal()?.message
    #expect((message == nil) == (words == nil), "\(message ?? "none")")
    #expect(message?.contains(words ?? "") != false, "\(message ?? "none")")
  }

  @Test(arguments: [
    ("", "JSON"), ("{", "JSON"), ("[]", "a JSON object"), ("{}", "neither"),
    (#"{"config": 3}"#, "config: expected an object, found a number"),
    (#"{"config": {"layer": 1.5}}"#, "config.layer: expected a whole number of 0 or more"),
    (#"{"config": {"layer": -1}}"#, "found -1"),
    (#"{"config": {"seed": "x"}}"#, "found “x”"),
    (#"{"config": {"percentile": 0}}"#, "(0, 100)"),
    (#"{"config": {"hook_name": "null"}}"#, "found “null”"),
    (#"{"config": {"hook_name": "foo"}}"#, "found “foo”"),
    (#"{"config": {"hook_name": "BLOCKS.12.hook_resid_post"}}"#, "BLOCKS.12"),
    (#"{"config": {"hook_name": "blocks.12.hook_resid"}}"#, "blocks.12.hook_resid"),
    (#"{"config": {"extractor": "mean"}}"#, "per-position or final-position"),
    (#"{"config": {"sampling_mode": "all"}}"#, "full or fixed or random"),
    (#"{"config": {"model_batch_size": 0}}"#, "1 or more, found 0"),
    (#"{"config": {"context_length": 0}}"#, "1 or more, found 0"),
    (#"{"config": {"max_prompts": 5}, "discovery_config": {"max_prompts": 6}}"#, "max_prompts"),
    (#"{"config": {"seed": 1}, "discovery_config": {"seed": 2}}"#, "seed is 2 in discovery_config"),
    (#"{"config": {"seed": 1, "seed": 2}}"#, "twice"),
    (#"{"config": {}, "discovery": {"threshold": NaN, "snapshots": 3}}"#, "snapshots"),
    (#"{"config": {}, "discovery": {"snapshots": [{"n_acts": 1}]}}"#, "snapshots[0]"),
    (
      #"{"config": {}, "discovery": {"snapshots": [{"n_acts": 1, "n_prompts": 1, "n_partitions": 1, "new_rate": 2}]}}"#,
      "new_rate"
    ),
  ])
  func `damaged metadata is an error that names the file and the place`(
    _ text: String, _ words: String
  ) throws {
    try published.write(text)
    let error = refusal()
    #expect(error?.code == .damaged)
    #expect(error?.file == "gemma-2-2b_layer12_metadata.json")
    #expect(error?.message.contains(words) == true, "\(error as Any)")
  }

  @Test func `metadata that is a link to nothing is half downloaded, not absent`() throws {
    try FileManager.default.removeItem(at: published.metadataFile)
    try FileManager.default.createSymbolicLink(
      atPath: published.metadataFile.path, withDestinationPath: "../../../blobs/none")
    #expect(refusal()?.message.contains("half downloaded") == true)
  }
}

@Suite struct PublishedNameTests {
  @Test func `names are read as the reference's layout has them and as people write them`() throws {
    let name = try #require(
      PublishedName(path: "gemma-2-2b-it_L20_p0p5/gemma-2-2b-it_layer20.pkl"))
    #expect(name.description == "gemma-2-2b-it/20/0p5")
    #expect(name.percentile == 0.5)
    #expect(name.path == "gemma-2-2b-it_L20_p0p5/gemma-2-2b-it_layer20.pkl")
    for given in ["gemma-2-2b-it/20/0.5", "gemma-2-2b-it/L20/p0p5", "gemma-2-2b-it_L20_p0p5"] {
      #expect(PublishedName(given: given) == name, "\(given)")
    }
    #expect(PublishedName(given: "gemma-2-2b/12/10.0")?.folder == "gemma-2-2b_L12_p10")
  }

  @Test(arguments: [
    "a_L1_p1/b_layer1.pkl", "a_L1_p1/a_layer2.pkl", "a_L1_p1/a_layer1.json", "a_layer1.pkl",
    "a_L99999_p1/a_layer99999.pkl", "_L1_p1/_layer1.pkl", "a_L1_pten/a_layer1.pkl",
  ])
  func `what does not go by the layout is no published name`(_ path: String) {
    #expect(PublishedName(path: path) == nil)
  }

  @Test func `a place in the hub cache says its repository and commit`() throws {
    let url = URL(
      filePath: "/c/datasets--J-RUM--exemplar-partitioning/snapshots/abc/a_L1_p1/a_layer1.pkl")
    let place = try #require(HubPlace(url))
    #expect(place.repository == "J-RUM/exemplar-partitioning")
    #expect(place.revision == "abc")
    #expect(place.kind == .dataset)
    #expect(HubPlace(URL(filePath: "/c/snapshots/a/b.pkl")) == nil)
  }

  @Test(arguments: ["../a", "a/../b", "/a", "a//b", "a/.", "", "a\\b", "a/\u{1b}b"])
  func `a path that would leave its folder is none`(_ path: String) {
    #expect(!HubName.isPath(path))
  }

  @Test func `repositories are named by the hub's own rules`() {
    for name in ["J-RUM/exemplar-partitioning", "gpt2", "a/b.c_d"] {
      #expect(HubName.isRepository(name), "\(name)")
    }
    for name in ["a/b/c", "../a", "a--b", "a/b.git", "-a/b", "a/", "", "a b"] {
      #expect(!HubName.isRepository(name), "\(name)")
    }
  }
}
