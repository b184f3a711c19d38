"""Linear influences with lags: responses, loops, paths, uncertainty."""
