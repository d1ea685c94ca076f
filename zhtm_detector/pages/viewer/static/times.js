// Times as the recording holds them: wall-clock milliseconds since 1970, without a time zone.

export const timeText = (milliseconds) => new Date(milliseconds).toISOString().replace("T", " ").replace(/(\.000)?Z$/, "");
