public import ArgumentParser
public import EventStream

extension VendorFormat: ExpressibleByArgument {}
