import Storage

/// The dictionaries that something was traced through, as every trace names them.
struct TracedDictionaries: Encodable, Sendable {
  struct Dictionary: Encodable {
    var name: String
    var hook: String
    var theta: Double
  }

  /// The first.
  var dictionary: String
  var identity: String
  var dictionaries: [Dictionary]

  init(_ tracer: TextTracer) {
    (dictionary, identity) = (tracer.dictionaries[0].name, tracer.dictionaries[0].identity)
    dictionaries = zip(tracer.dictionaries, tracer.hooks).map { file, hook in
      Dictionary(name: file.name, hook: hook.name, theta: file.threshold)
    }
  }
}
