public import ArgumentParser
public import SequenceEmbedding

extension ModelConfiguration.Preset: ExpressibleByArgument {}
