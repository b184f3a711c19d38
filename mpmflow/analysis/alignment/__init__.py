"""Line of sight: from what is done to what it is for, how strongly, how soon, and what that rests on."""
