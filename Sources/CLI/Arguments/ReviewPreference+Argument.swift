public import ArgumentParser
public import Audit

extension ReviewDesign.Preference: ExpressibleByArgument {}
