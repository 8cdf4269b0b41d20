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
    #expect(provenance.tokens == 258)
    #expect(provenance.mergeClose == false)
    #expect(provenance.fieldsByHand == [])
    #expect(provenance.metadata == "gemma-2-2b_layer12_metadata.json")
    #expect(file.activationCount == PublishedFolder.facts.activations)
    #expect(
      try file.growth() == [
        GrowthPoint(activations: 100, documents: 4, regions: 7, newRegionRate: 0.07),
        GrowthPoint(activations: 250, documents: 8, regions: 9, newRegionRate: 0.0133),
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

  @Test(arguments: [
    (#""threshold": "#, #""threshold": 1"#, "threshold"),
    (#""layer": 12"#, #""layer": 20"#, "layer"),
    (#""percentile": 10.0"#, #""percentile": 8"#, "percentile"),
    (#""model_short": "gemma-2-2b""#, #""model_short": "gemma-2-2b-it""#, "model"),
    (#""hook_name": null"#, #""hook_name": "blocks.20.hook_resid_post""#, "hook"),
    (#""n_activations": "#, #""n_activations": 1, "other": "#, "members"),
  ])
  func `what contradicts the pickle or its name is refused with both`(
    _ old: String, _ new: String, _ word: String
  ) throws {
    try published.change(old, to: new)
    let error = refusal()
    #expect(error?.message.contains(word) == true, "\(error as Any)")
    #expect(error?.remedy != nil)
  }

  @Test(arguments: [
    ("", "JSON"), ("{", "JSON"), ("[]", "an object"), ("{}", "neither"),
    (#"{"config": 3}"#, "config: expected an object, found a number"),
    (#"{"config": {"layer": 1.5}}"#, "config.layer: expected a whole number of 0 or more"),
    (#"{"config": {"layer": -1}}"#, "found -1"),
    (#"{"config": {"seed": "x"}}"#, "found “x”"),
    (#"{"config": {"percentile": 0}}"#, "(0, 100)"),
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
