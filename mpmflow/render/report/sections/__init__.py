"""The sections of the report page, each made from the record of the report alone; "" where it has nothing to say."""
